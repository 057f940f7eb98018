// A camera that begins to be sent begins with its smallest wanted encoding; the larger follow. Three encoders that start at
// once, beside the one of a direct call that goes on until the change is done, leave a small machine no time for the pictures
// it shows.
import type { PlannedLayer } from './layer-plan.ts';

/** The change of a call's way is over by then; the server waits 2 s for an encoding before it does without. */
export const LARGER_AFTER_MS = 1200;

type State =
  | { readonly kind: 'rest' }
  | { readonly kind: 'begun'; readonly timer: ReturnType<typeof setTimeout> }
  | { readonly kind: 'whole' };

const REST: State = { kind: 'rest' };

export class CameraStart {
  readonly #onWhole: () => void;
  #state: State = REST;

  /** `onWhole`: the larger encodings may follow now. */
  constructor(onWhole: () => void) {
    this.#onWhole = onWhole;
  }

  /** What of `planned` is sent now; nothing active is a camera at rest, which will begin anew. */
  next<Layer extends PlannedLayer>(planned: readonly Layer[]): readonly Layer[] {
    const smallest = planned.find(({ active }) => active);
    if (smallest === undefined) {
      this.stop();
      return planned;
    }
    if (this.#state.kind === 'rest') {
      const timer = setTimeout(() => {
        this.#state = { kind: 'whole' };
        this.#onWhole();
      }, LARGER_AFTER_MS);
      this.#state = { kind: 'begun', timer };
    }
    if (this.#state.kind === 'whole') return planned;
    return planned.map((layer) => ({ ...layer, active: layer === smallest }));
  }

  stop(): void {
    if (this.#state.kind === 'begun') clearTimeout(this.#state.timer);
    this.#state = REST;
  }
}

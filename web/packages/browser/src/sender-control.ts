// One RTCRtpSender brought to a wanted state. Changes while one is under way are merged into the next step: browsers
// refuse overlapping setParameters.

export interface WantedEncoding {
  readonly active: boolean;
  readonly scaleResolutionDownBy?: number;
  readonly maxBitrate?: number;
  /** One of those that the sender has negotiated; absent: as it is. */
  readonly codec?: RTCRtpCodec;
  /** Goes with the codec: absent beside one, the browser's own. Without one it is set where the browser knows it. */
  readonly scalabilityMode?: string;
}

/** What TypeScript's library doesn't know yet. */
interface EncodingParameters extends RTCRtpEncodingParameters {
  codec?: RTCRtpCodec;
  scalabilityMode?: string;
}

export interface WantedSending {
  readonly track: MediaStreamTrack | null;
  /** By rid; '' for a sender with one encoding. */
  readonly encodings: ReadonlyMap<string, WantedEncoding>;
}

export class SenderControl {
  readonly #sender: RTCRtpSender;
  #wanted: WantedSending | null = null;
  #running = false;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
  }

  want(wanted: WantedSending): void {
    this.#wanted = wanted;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted !== null) {
      const wanted = this.#wanted;
      this.#wanted = null;
      try {
        await this.#apply(wanted);
      } catch (error) {
        // A connection that was closed meanwhile; anything else is worth seeing.
        if (!(error instanceof DOMException) || error.name !== 'InvalidStateError')
          console.warn('sender', error);
      }
    }
    this.#running = false;
  }

  async #apply(wanted: WantedSending): Promise<void> {
    // Both the track and `active` are set: a sender without a track sends nothing in any browser.
    if (this.#sender.track !== wanted.track) await this.#sender.replaceTrack(wanted.track);
    const parameters = this.#sender.getParameters();
    let changed = false;
    for (const encoding of parameters.encodings) {
      const want = wanted.encodings.get(encoding.rid ?? '');
      if (want === undefined) continue;
      changed = assign(encoding, want) || changed;
    }
    if (changed) await this.#sender.setParameters(parameters);
  }
}

function assign(encoding: EncodingParameters, want: WantedEncoding): boolean {
  let changed = assignCodec(encoding, want);
  if ((encoding.active ?? true) !== want.active) {
    encoding.active = want.active;
    changed = true;
  }
  const { scaleResolutionDownBy, maxBitrate } = want;
  if (scaleResolutionDownBy !== undefined && encoding.scaleResolutionDownBy !== scaleResolutionDownBy) {
    encoding.scaleResolutionDownBy = scaleResolutionDownBy;
    changed = true;
  }
  if (maxBitrate !== undefined && encoding.maxBitrate !== maxBitrate) {
    encoding.maxBitrate = maxBitrate;
    changed = true;
  }
  return changed;
}

function assignCodec(encoding: EncodingParameters, { codec, scalabilityMode }: WantedEncoding): boolean {
  if (codec === undefined) {
    // What a browser doesn't know it doesn't say either.
    const known = encoding.scalabilityMode !== undefined && scalabilityMode !== undefined;
    if (!known || encoding.scalabilityMode === scalabilityMode) return false;
    encoding.scalabilityMode = scalabilityMode;
    return true;
  }
  const sameCodec = encoding.codec?.mimeType === codec.mimeType;
  if (sameCodec && encoding.scalabilityMode === scalabilityMode) return false;
  encoding.codec = codec;
  if (scalabilityMode === undefined) delete encoding.scalabilityMode;
  else encoding.scalabilityMode = scalabilityMode;
  return true;
}

// Which <video> elements a tile holds. A tile shows one; while a new track is on its way to its first frame a second
// stands behind it, so that the old frame stays on screen. Pure.

export interface Layer {
  readonly key: number;
  readonly track: MediaStreamTrack | null;
  /** Takes the place of a picture: shown at once. A fade would let the tile's ground through. */
  readonly replaces: boolean;
}

export interface Layers {
  readonly shown: Layer;
  readonly coming: Layer | null;
  /** Whether `shown` has a frame on screen. */
  readonly framed: boolean;
  readonly nextKey: number;
}

export type LayerEvent =
  | { readonly kind: 'track'; readonly track: MediaStreamTrack | null }
  | { readonly kind: 'frame'; readonly key: number }
  /** The camera is off: nothing of it may stay. */
  | { readonly kind: 'off' };

export const kNoLayers: Layers = {
  shown: { key: 0, track: null, replaces: false },
  coming: null,
  framed: false,
  nextKey: 1,
};

export function layersAfter(layers: Layers, event: LayerEvent): Layers {
  switch (event.kind) {
    case 'off':
      if (layers.shown.track === null) return layers;
      return {
        shown: { key: layers.nextKey, track: null, replaces: false },
        coming: null,
        framed: false,
        nextKey: layers.nextKey + 1,
      };
    case 'frame':
      if (layers.coming?.key === event.key)
        return { ...layers, shown: layers.coming, coming: null, framed: true };
      return layers.shown.key === event.key && !layers.framed ? { ...layers, framed: true } : layers;
    case 'track': {
      const { track } = event;
      if (track === null || track === layers.shown.track) {
        // No track: the last frame stays, dimmed by the tile.
        return layers.coming === null ? layers : { ...layers, coming: null };
      }
      if (track === layers.coming?.track) return layers;
      const layer = { key: layers.nextKey, track, replaces: layers.framed };
      const nextKey = layers.nextKey + 1;
      return layers.framed
        ? { ...layers, coming: layer, nextKey }
        : { shown: layer, coming: null, framed: false, nextKey };
    }
  }
}

import { useEffect, useReducer, useRef, useState } from 'react';
import { onFirstFrame } from './firstFrame.ts';
import { fitOf, type Size } from './layout/grid.ts';
import { kNoLayers, layersAfter, type Layer } from './videoLayers.ts';

interface LayerVideoProps {
  readonly layer: Layer;
  readonly visible: boolean;
  readonly fade: boolean;
  readonly mirrored: boolean;
  readonly box: Size;
  readonly whole: boolean;
  readonly onFrame: (key: number) => void;
}

function LayerVideo({ layer, visible, fade, mirrored, box, whole, onFrame }: LayerVideoProps) {
  const ref = useRef<HTMLVideoElement>(null);
  const [picture, setPicture] = useState<Size>({ width: 0, height: 0 });
  const { key, track } = layer;
  useEffect(() => {
    const video = ref.current;
    if (video === null || track === null) return undefined;
    video.srcObject = new MediaStream([track]);
    // Refused only while nothing may play at all; autoplay tries again then.
    video.play().catch(() => undefined);
    const stop = onFirstFrame(video, () => onFrame(key));
    return () => {
      stop();
      video.srcObject = null;
    };
  }, [key, track, onFrame]);
  const measured = (event: React.SyntheticEvent<HTMLVideoElement>): void => {
    const { videoWidth: width, videoHeight: height } = event.currentTarget;
    setPicture((old) => (old.width === width && old.height === height ? old : { width, height }));
  };
  return (
    <video
      ref={ref}
      className="p-video"
      data-visible={visible}
      data-fade={fade}
      data-mirrored={mirrored}
      data-fit={whole ? 'contain' : fitOf(picture, box)}
      muted
      playsInline
      autoPlay
      disablePictureInPicture
      aria-hidden="true"
      tabIndex={-1}
      onLoadedMetadata={measured}
      onResize={measured}
    />
  );
}

export interface TileVideoProps {
  readonly track: MediaStreamTrack | null;
  /** The source is off: the last frame must go too. */
  readonly off: boolean;
  readonly mirrored: boolean;
  /** Show every pixel (screens). */
  readonly whole: boolean;
  readonly box: Size;
  readonly onFramed: (framed: boolean) => void;
}

/** The picture of a tile. Audio is played elsewhere; these elements are muted. */
export function TileVideo({ track, off, mirrored, whole, box, onFramed }: TileVideoProps) {
  const [layers, dispatch] = useReducer(layersAfter, kNoLayers);
  useEffect(() => {
    dispatch(off ? { kind: 'off' } : { kind: 'track', track });
  }, [track, off]);
  const [onFrame] = useState(() => (key: number) => dispatch({ kind: 'frame', key }));
  const { framed } = layers;
  useEffect(() => onFramed(framed), [framed, onFramed]);
  const stack = layers.coming === null ? [layers.shown] : [layers.shown, layers.coming];
  return stack.map((layer) => (
    <LayerVideo
      key={layer.key}
      layer={layer}
      visible={layer === layers.shown && framed}
      fade={!layer.replaces}
      mirrored={mirrored}
      whole={whole}
      box={box}
      onFrame={onFrame}
    />
  ));
}

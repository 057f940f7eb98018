import { useEffect, useRef } from 'react';

/** Root mean square to a meter's height: −60 dB is silence, −10 dB as loud as people speak. */
export function loudness(rms: number): number {
  return rms <= 0 ? 0 : Math.min(1, Math.max(0, (20 * Math.log10(rms) + 60) / 50));
}

/** Writes a live level (0..1) into the element's `--level`, once a frame and without rendering. */
export function useLevel<T extends HTMLElement>(level: () => number, on: boolean): React.RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null || !on) return undefined;
    let shown = 0;
    let frame = requestAnimationFrame(function draw() {
      // Up at once, down slowly: a meter that can be read.
      shown = Math.max(loudness(level()), shown * 0.86);
      element.style.setProperty('--level', shown.toFixed(3));
      frame = requestAnimationFrame(draw);
    });
    return () => {
      cancelAnimationFrame(frame);
      element.style.setProperty('--level', '0');
    };
  }, [level, on]);
  return ref;
}

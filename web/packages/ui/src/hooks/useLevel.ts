import { useEffect, useRef } from 'react';

/** As often as a meter is read; each frame of it costs the whole page a paint, beside the pictures of a call. */
export const kLevelIntervalMs = 66;
/** What is left of a loud moment after one interval: a meter that can be read goes up at once and down slowly. */
const kLevelFall = 0.55;

/** Root mean square to a meter's height: −60 dB is silence, −10 dB as loud as people speak. */
export function loudness(rms: number): number {
  return rms <= 0 ? 0 : Math.min(1, Math.max(0, (20 * Math.log10(rms) + 60) / 50));
}

/** Writes a live level (0..1) into the element's `--level`, 15 times a second and without rendering. */
export function useLevel<T extends HTMLElement>(level: () => number, on: boolean): React.RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null || !on) return undefined;
    let shown = 0;
    let written = '';
    const draw = (): void => {
      shown = Math.max(loudness(level()), shown * kLevelFall);
      const text = shown.toFixed(2);
      // Silence repaints nothing.
      if (text !== written) element.style.setProperty('--level', text);
      written = text;
    };
    draw();
    const timer = setInterval(draw, kLevelIntervalMs);
    return () => {
      clearInterval(timer);
      element.style.setProperty('--level', '0');
    };
  }, [level, on]);
  return ref;
}

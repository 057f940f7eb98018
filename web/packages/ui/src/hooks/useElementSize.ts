import { useCallback, useState } from 'react';
import type { Size } from '../layout/grid.ts';

const kNothing: Size = { width: 0, height: 0 };

/** The content size of the element that gets the returned ref, in CSS pixels. */
export function useElementSize(): readonly [(element: HTMLElement | null) => (() => void) | undefined, Size] {
  const [size, setSize] = useState<Size>(kNothing);
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined;
    const read = (): void => {
      const width = element.clientWidth;
      const height = element.clientHeight;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

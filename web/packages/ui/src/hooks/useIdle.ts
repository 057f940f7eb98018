import { useEffect, useRef, useState } from 'react';
import { lastInput, watchInput } from './useLastInput.ts';

/** True after `ms` without a pointer, unless `hold` says that the controls are in use. Never while a keyboard drives. */
export function useIdle(ms: number, hold: () => boolean): boolean {
  const [idle, setIdle] = useState(false);
  const held = useRef(hold);
  useEffect(() => {
    held.current = hold;
  });
  useEffect(() => {
    watchInput();
    let timer: ReturnType<typeof setTimeout>;
    const rest = (): void => {
      if (held.current() || lastInput() === 'keyboard') timer = setTimeout(rest, ms);
      else setIdle(true);
    };
    const wake = (): void => {
      clearTimeout(timer);
      setIdle(false);
      timer = setTimeout(rest, ms);
    };
    wake();
    const events = ['pointermove', 'pointerdown', 'keydown', 'focusin', 'wheel'] as const;
    for (const name of events) window.addEventListener(name, wake, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const name of events) window.removeEventListener(name, wake);
    };
  }, [ms]);
  return idle;
}

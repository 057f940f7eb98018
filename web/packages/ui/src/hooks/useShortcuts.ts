import { useEffect, useRef } from 'react';
import { lastInput, watchInput } from './useLastInput.ts';
import { isTyping, shortcutOf, takesSpace, type Shortcut } from './shortcuts.ts';

export interface ShortcutHandlers {
  readonly run: (shortcut: Exclude<Shortcut, 'talk'>) => void;
  /** Space: returns whether talking began (it does when muted). */
  readonly talk: (held: boolean) => boolean;
}

export function useShortcuts(handlers: ShortcutHandlers, enabled: boolean): void {
  const current = useRef(handlers);
  useEffect(() => {
    current.current = handlers;
  });
  useEffect(() => {
    if (!enabled) return undefined;
    watchInput();
    let talking = false;
    const release = (): void => {
      if (!talking) return;
      talking = false;
      current.current.talk(false);
    };
    const down = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      const shortcut = shortcutOf(event);
      if (shortcut === null) return;
      if (shortcut === 'talk') {
        // A button reached by keyboard keeps its Space; one merely clicked before does not.
        if (!talking && takesSpace(event.target) && lastInput() === 'keyboard') return;
        if (!event.repeat && !talking) talking = current.current.talk(true);
        if (talking) event.preventDefault();
        return;
      }
      if (event.repeat && shortcut !== 'page-next' && shortcut !== 'page-previous') return;
      event.preventDefault();
      current.current.run(shortcut);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key !== ' ' || !talking) return;
      event.preventDefault();
      release();
    };
    const hidden = (): void => {
      if (document.hidden) release();
    };
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', release);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      release();
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', release);
      document.removeEventListener('visibilitychange', hidden);
    };
  }, [enabled]);
}

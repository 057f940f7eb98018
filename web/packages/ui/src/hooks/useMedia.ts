import { useSyncExternalStore } from 'react';

/** Whether a media query holds now. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Chromium's window of a document's own; other browsers have none. */
function ownPictureWindow(): Window | null {
  const owner: unknown = 'documentPictureInPicture' in window ? window.documentPictureInPicture : null;
  if (typeof owner !== 'object' || owner === null || !('window' in owner)) return null;
  return owner.window instanceof Window ? owner.window : null;
}

/** Whether nobody can see the page's pictures: it is hidden and none stands in a window of its own. */
export function pageUnseen(): boolean {
  const apart =
    ((document.pictureInPictureElement as Element | null | undefined) ?? ownPictureWindow()) !== null;
  return document.hidden && !apart;
}

const kSeenEvents = ['visibilitychange', 'enterpictureinpicture', 'leavepictureinpicture'] as const;

export function useUnseen(): boolean {
  return useSyncExternalStore((listener) => {
    for (const name of kSeenEvents) document.addEventListener(name, listener, true);
    return () => {
      for (const name of kSeenEvents) document.removeEventListener(name, listener, true);
    };
  }, pageUnseen);
}

/** Device pixels per CSS pixel; follows zoom and moves between screens. */
export function usePixelRatio(): number {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('resize', listener);
      return () => window.removeEventListener('resize', listener);
    },
    () => window.devicePixelRatio,
  );
}

export const kPhone = '(max-width: 599px), (max-height: 419px)';

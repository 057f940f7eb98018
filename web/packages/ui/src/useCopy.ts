import { useCallback, useEffect, useState } from 'react';

const kShownMs = 2500;

/** Copies text; `copied` is true for a moment afterwards. */
export function useCopy(words: string, onFailed: () => void): readonly [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), kShownMs);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = useCallback(() => {
    // Absent where the page is not served securely.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard === undefined) onFailed();
    else clipboard.writeText(words).then(() => setCopied(true), onFailed);
  }, [words, onFailed]);
  return [copied, copy];
}

import { useEffect, useState } from 'react';
import type { Meeting } from '@parley/core';
import { announcements } from '../announce.ts';

/** The words for the page's live region. */
export function useAnnouncements(meeting: Meeting): string {
  const [words, setWords] = useState('');
  useEffect(() => {
    let before = meeting.snapshot();
    return meeting.subscribe(() => {
      const now = meeting.snapshot();
      const said = announcements(before, now);
      before = now;
      if (said.length > 0) setWords(said.join('. '));
    });
  }, [meeting]);
  return words;
}

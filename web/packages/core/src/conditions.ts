// Which conditions hold in a meeting now, and their words. Pure.
import type { Condition } from './hints.ts';
import type { Bars } from './snapshot.ts';
import { words } from './words.ts';

/** A short dip isn't worth a word; what is said can be read. */
const QUALITY = { afterMs: 4_000, stayMs: 8_000 } as const;
/** Longer than any path needs to open; what is said goes soon once it is open. */
const UNREACHABLE = { afterMs: 10_000, stayMs: 3_000 } as const;
/** More weak connections than this are counted, not named. */
const NAMED = 2;

export interface MeetingCondition {
  /** In the room, but sound and pictures have no way. `lost`: they had one. */
  readonly media: 'works' | 'never' | 'lost';
  readonly deviceSlow: boolean;
  readonly own: Bars;
  readonly others: readonly { readonly name: string; readonly bars: Bars }[];
  readonly direct: boolean;
}

export function conditionsOf(now: MeetingCondition): ReadonlyMap<string, Condition> {
  const found = new Map<string, Condition>();
  if (now.media !== 'works') {
    const text = now.media === 'never' ? words.mediaUnreachable : words.mediaStaysLost;
    found.set('media', { level: 'warning', text, ...UNREACHABLE });
    return found;
  }
  if (now.deviceSlow) found.set('device', { level: 'info', text: words.deviceSlow, ...QUALITY });
  if (now.own === 1) {
    // Then everybody's picture comes badly: naming them would only mislead.
    found.set('own', { level: 'info', text: words.ownSlow, ...QUALITY });
    return found;
  }
  const weak = now.others.filter(({ bars }) => bars === 1).map(({ name }) => name);
  if (weak.length > 0) {
    const text = now.direct
      ? words.weakBetween(weak[0] ?? '')
      : weak.length > NAMED
        ? words.weakMany(weak.length)
        : words.weak(weak);
    found.set('weak', { level: 'info', text, ...QUALITY });
  }
  return found;
}

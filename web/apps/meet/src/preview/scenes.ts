import { words } from '@parley/core';
import type { Scene } from './fakeMeeting.ts';

/** Meeting states by name, for `preview.html?scene=…`. */
export const kScenes: Readonly<Record<string, Scene>> = {
  alone: { people: 1, topology: 'connecting' },
  two: { people: 2, topology: 'p2p', speaker: 1 },
  'two-off': { people: 2, topology: 'p2p', camerasOff: [1], muted: [1] },
  three: { people: 3, topology: 'sfu', speaker: 1, muted: [2] },
  nine: {
    people: 9,
    topology: 'sfu',
    speaker: 4,
    muted: [2, 3, 6],
    camerasOff: [3, 7],
    hands: [5, 1],
    bars: { 2: 1, 6: 2, 8: 0 },
    unread: 3,
  },
  sixteen: {
    people: 16,
    topology: 'sfu',
    speaker: 2,
    muted: [3, 5, 8],
    camerasOff: [4, 10, 13],
    unread: 120,
  },
  share: { people: 7, topology: 'sfu', sharing: 2, speaker: 2, muted: [1, 4], camerasOff: [4] },
  'share-two': { people: 2, topology: 'p2p', sharing: 1, speaker: 1 },
  chat: { people: 4, topology: 'sfu', speaker: 1, chat: true },
  people: { people: 9, topology: 'sfu', muted: [2, 3, 6], camerasOff: [3], hands: [5, 1], sharing: 8 },
  stats: { people: 4, topology: 'sfu' },
  hints: {
    people: 4,
    topology: 'sfu',
    bars: { 0: 1, 2: 1 },
    hints: [
      { key: 'device', level: 'info', text: words.deviceSlow },
      { key: 'own', level: 'info', text: words.ownSlow },
    ],
  },
  unreachable: {
    people: 2,
    topology: 'connecting',
    hints: [{ key: 'media', level: 'warning', text: words.mediaUnreachable }],
  },
  muted: { people: 3, topology: 'sfu', micOff: true, talkingMuted: true },
  reconnecting: {
    people: 4,
    topology: 'sfu',
    connection: { kind: 'reconnecting', since: 0 },
    toasts: [
      { id: 1, level: 'warning', text: 'Your connection is slow, pictures are smaller.' },
      { id: 2, level: 'info', text: 'Dana Whitfield joined' },
    ],
  },
};

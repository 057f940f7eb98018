import { describe, expect, it } from 'vitest';
import { announcements } from './announce.ts';
import { isTyping, shortcutOf } from './hooks/shortcuts.ts';
import { loudness } from './hooks/useLevel.ts';
import { linkify } from './linkify.ts';
import { hueOf, initialsOf } from './person.ts';
import { isRoomName, newRoomName, roomFrom } from './rooms.ts';
import { participant, people, snapshot } from './testing/people.ts';
import { clockText } from './time.ts';
import { kNoLayers, layersAfter, type LayerEvent } from './videoLayers.ts';
import { viewsOf } from './views.ts';
import { stageAfter, kStageStart } from './useStage.ts';

const track = (id: string): MediaStreamTrack => ({ id }) as MediaStreamTrack;
const press = (key: string, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });

describe('videoLayers', () => {
  const after = (...events: LayerEvent[]) => events.reduce(layersAfter, kNoLayers);
  const a = track('a');
  const b = track('b');

  it('keeps the old picture until the first frame of the new track', () => {
    const waiting = after(
      { kind: 'track', track: a },
      { kind: 'frame', key: 1 },
      { kind: 'track', track: b },
    );
    expect(waiting).toMatchObject({ shown: { track: a }, coming: { track: b }, framed: true });
    const swapped = layersAfter(waiting, { kind: 'frame', key: 2 });
    expect(swapped).toMatchObject({ shown: { key: 2, track: b }, coming: null, framed: true });
  });

  it('lets only a first picture fade in, never one that takes the place of another', () => {
    const first = after({ kind: 'track', track: a });
    expect(first.shown.replaces).toBe(false);
    const framed = layersAfter(first, { kind: 'frame', key: 1 });
    expect(layersAfter(framed, { kind: 'track', track: b }).coming?.replaces).toBe(true);
    const off = layersAfter(framed, { kind: 'off' });
    expect(layersAfter(off, { kind: 'track', track: b }).shown.replaces).toBe(false);
  });

  it('keeps the last frame when the track goes away', () => {
    expect(
      after({ kind: 'track', track: a }, { kind: 'frame', key: 1 }, { kind: 'track', track: null }),
    ).toMatchObject({
      shown: { track: a },
      framed: true,
    });
  });

  it('shows nothing of a camera that is off', () => {
    expect(after({ kind: 'track', track: a }, { kind: 'frame', key: 1 }, { kind: 'off' })).toMatchObject({
      shown: { track: null },
      framed: false,
    });
  });

  it('does not wait with a track that never showed a frame', () => {
    expect(after({ kind: 'track', track: a }, { kind: 'track', track: b })).toMatchObject({
      shown: { track: b },
      coming: null,
    });
  });

  it('forgets a coming track when the old one is back', () => {
    const back = after(
      { kind: 'track', track: a },
      { kind: 'frame', key: 1 },
      { kind: 'track', track: b },
      { kind: 'track', track: a },
    );
    expect(back).toMatchObject({ shown: { track: a }, coming: null });
    expect(layersAfter(back, { kind: 'frame', key: 2 })).toBe(back);
  });
});

describe('viewsOf', () => {
  const tile = {
    participant: 'p2',
    source: 'camera',
    self: false,
    main: false,
    size: { width: 320.4, height: 180 },
  } as const;

  it('asks in device pixels for remote tiles only, the main one first', () => {
    const main = { ...tile, participant: 'p3', main: true };
    expect(viewsOf([tile, { ...tile, self: true }, main], 2, false)).toEqual([
      { participant: 'p3', source: 'camera', width: 641, height: 360, priority: 0 },
      { participant: 'p2', source: 'camera', width: 641, height: 360, priority: 1 },
    ]);
  });

  it('asks for nothing while the page is hidden', () => {
    expect(viewsOf([tile], 1, true)).toEqual([]);
  });

  it('stays within the protocol’s 64', () => {
    expect(
      viewsOf(
        Array.from({ length: 80 }, () => tile),
        1,
        false,
      ),
    ).toHaveLength(64);
  });
});

describe('linkify', () => {
  it('makes links of http and https only', () => {
    expect(linkify('javascript:alert(1) ftp://a.example').every((piece) => piece.kind === 'text')).toBe(true);
    expect(linkify('see https://a.example/x, please')).toEqual([
      { kind: 'text', text: 'see ' },
      { kind: 'link', text: 'https://a.example/x', href: 'https://a.example/x' },
      { kind: 'text', text: ', please' },
    ]);
  });

  it('leaves brackets around an address out, those inside in', () => {
    expect(linkify('(http://a.example)')[1]).toMatchObject({ text: 'http://a.example' });
    expect(linkify('http://a.example/b_(c)')[0]).toMatchObject({ text: 'http://a.example/b_(c)' });
  });

  it('loses no character', () => {
    const words = 'a http://x.example?b=1&c=2. http://, https://[ end';
    expect(
      linkify(words)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(words);
  });
});

describe('shortcuts', () => {
  it('knows its keys in either case and no modifiers', () => {
    expect(shortcutOf(press('m'))).toBe('mic');
    expect(shortcutOf(press('M'))).toBe('mic');
    expect(shortcutOf(press(' '))).toBe('talk');
    expect(shortcutOf(press('PageDown'))).toBe('page-next');
    expect(shortcutOf(press('c', { ctrlKey: true }))).toBeNull();
    expect(shortcutOf(press('x'))).toBeNull();
  });

  it('sees typing in fields, not on buttons', () => {
    expect(isTyping(document.createElement('textarea'))).toBe(true);
    expect(isTyping(document.createElement('input'))).toBe(true);
    expect(isTyping(document.createElement('button'))).toBe(false);
    expect(isTyping(document.body)).toBe(false);
  });
});

describe('rooms', () => {
  it('accepts what the server accepts', () => {
    expect(isRoomName('blue-fox-7')).toBe(true);
    expect(isRoomName('a'.repeat(64))).toBe(true);
    for (const bad of ['', 'a'.repeat(65), 'Blue', 'a b', 'ä', 'a/b']) expect(isRoomName(bad)).toBe(false);
  });

  it('reads names and pasted links', () => {
    expect(roomFrom(' Blue Fox ')).toBe('blue-fox');
    expect(roomFrom('https://meet.example.org/r/blue-fox?name=Ana')).toBe('blue-fox');
    expect(roomFrom('meet.example.org/r/blue-fox')).toBe('blue-fox');
    expect(roomFrom('what?!')).toBeNull();
  });

  it('makes names that are rooms', () => {
    for (const dice of [0, 0.25, 0.5, 0.999999]) expect(isRoomName(newRoomName(() => dice))).toBe(true);
  });
});

describe('announcements', () => {
  const before = snapshot({ participants: people(2) });

  it('tells of joins, leaves, hands and messages of others', () => {
    const message = { seq: 1, key: 'k', from: 'p3', name: 'Cy', text: 'hi', time: 0, state: 'sent' } as const;
    const now = snapshot({
      participants: [participant('p1'), participant('p3', { name: 'Cy' })],
      chat: [message],
    });
    expect(announcements(before, now)).toEqual(['Cy joined', 'Name of p2 left', 'Cy wrote: hi']);
    const raised = snapshot({
      participants: [participant('p1', { hand: 1 }), participant('p2', { hand: 2 })],
    });
    expect(announcements(before, raised)).toEqual(['Name of p2 raised a hand']);
  });

  it('is silent about the room as found, and counts crowds', () => {
    expect(announcements(snapshot({ self: null, participants: [] }), before)).toEqual([]);
    expect(announcements(before, snapshot({ participants: people(9) }))).toEqual(['7 people joined']);
  });
});

describe('person and time', () => {
  it('takes initials of the first and last word', () => {
    expect(initialsOf('Ana Maria Barros')).toBe('AB');
    expect(initialsOf('gus')).toBe('G');
    expect(initialsOf('  ')).toBe('?');
    expect(initialsOf('🦊 fox')).toBe('🦊F');
  });

  it('gives one id one hue on the circle', () => {
    expect(hueOf('p1')).toBe(hueOf('p1'));
    for (const id of ['p1', 'p2', 'x', '']) expect(hueOf(id)).toBeLessThan(360);
  });

  it('draws speech in the upper part of a meter', () => {
    expect([0, 0.001, 0.1, 1].map(loudness)).toEqual([0, 0, 0.8, 1]);
  });

  it('writes clocks', () => {
    expect(clockText(7_900)).toBe('0:07');
    expect(clockText(3_723_000)).toBe('1:02:03');
  });
});

describe('stage memory', () => {
  it('comes back to the former view after a share', () => {
    const speaker = stageAfter(kStageStart, { kind: 'view' });
    const shared = stageAfter(speaker, { kind: 'share', present: true });
    const off = stageAfter(shared, { kind: 'view' });
    expect(off.shareOnStage).toBe(false);
    const after = stageAfter(off, { kind: 'share', present: false });
    expect(after).toMatchObject({ view: 'speaker', shareOnStage: true });
  });

  it('unpins with the view key, and when the pinned one is hidden', () => {
    const pinned = stageAfter(kStageStart, { kind: 'pin', key: 'p2:camera' });
    expect(stageAfter(pinned, { kind: 'view' })).toMatchObject({ pinned: null, view: 'grid' });
    expect(stageAfter(pinned, { kind: 'hide', key: 'p2:camera' }).pinned).toBeNull();
  });
});

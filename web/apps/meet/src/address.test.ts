import { beforeEach, describe, expect, it } from 'vitest';
import { keepSeat, kNothingRemembered, recall, remember, seatOf, withRecent } from './remembered.ts';
import { routeOf } from './route.ts';

describe('routeOf', () => {
  it('knows the landing page and rooms', () => {
    expect(routeOf('/', '')).toEqual({ kind: 'landing' });
    expect(routeOf('/r/blue-fox', '')).toEqual({
      kind: 'room',
      room: 'blue-fox',
      wishes: { name: null, mic: null, camera: null, autojoin: false, token: null, codec: null },
    });
  });

  it('reads what the link asks for', () => {
    expect(
      routeOf('/r/blue-fox/', '?name=Ana%20B&mic=0&camera=1&autojoin=1&token=t.1&codec=VP9'),
    ).toMatchObject({
      wishes: { name: 'Ana B', mic: false, camera: true, autojoin: true, token: 't.1', codec: 'vp9' },
    });
    expect(routeOf('/r/blue-fox', '?autojoin=0&name=')).toMatchObject({
      wishes: { autojoin: false, name: null },
    });
  });

  it('refuses what can’t be a room', () => {
    for (const path of ['/r/', '/r/a_b', '/r/%ff', `/r/${'a'.repeat(65)}`]) {
      expect(routeOf(path, '')).toEqual({ kind: 'bad-room' });
    }
  });
});

describe('remembered', () => {
  beforeEach(() => localStorage.clear());
  const storage = (): Storage => localStorage;
  const forbidden = (): Storage => {
    throw new DOMException('no', 'SecurityError');
  };

  it('comes back as it was', () => {
    remember(storage, { name: 'Ana', camera: false, recent: ['a', 'b'] });
    remember(storage, { cameraId: 'c' });
    expect(recall(storage)).toEqual({
      ...kNothingRemembered,
      name: 'Ana',
      camera: false,
      cameraId: 'c',
      recent: ['a', 'b'],
    });
  });

  it('survives nonsense and forbidden storage', () => {
    localStorage.setItem('parley', '{"name":7,"recent":[1,"ok"]');
    expect(recall(storage)).toEqual(kNothingRemembered);
    expect(recall(forbidden)).toEqual(kNothingRemembered);
    remember(forbidden, { name: 'x' });
  });

  it('keeps the five latest rooms', () => {
    expect(withRecent(['a', 'b', 'c', 'd', 'e'], 'c')).toEqual(['c', 'a', 'b', 'd', 'e']);
    expect(withRecent(['a', 'b', 'c', 'd', 'e'], 'f')).toEqual(['f', 'a', 'b', 'c', 'd']);
  });

  it('keeps a seat for a reload and gives it up', () => {
    const seat = { name: 'Ana', mic: true, camera: false, resume: 'token' };
    keepSeat(storage, 'blue-fox', seat);
    expect(seatOf(storage, 'blue-fox')).toEqual(seat);
    keepSeat(storage, 'blue-fox', { ...seat, resume: null });
    expect(seatOf(storage, 'blue-fox')).toEqual({ ...seat, resume: null });
    expect(seatOf(storage, 'other')).toBeNull();
    keepSeat(storage, 'blue-fox', null);
    expect(seatOf(storage, 'blue-fox')).toBeNull();
  });
});

// Addresses of the app: `/` and `/r/{room}`, and what a link may ask for.
import { isRoomName } from '@parley/ui/rooms';

export type Route =
  | { readonly kind: 'landing' }
  | { readonly kind: 'room'; readonly room: string; readonly wishes: Wishes }
  /** An address with a room name that can't be one. */
  | { readonly kind: 'bad-room' };

/** From the query; null where the link says nothing. */
export interface Wishes {
  readonly name: string | null;
  readonly mic: boolean | null;
  readonly camera: boolean | null;
  readonly autojoin: boolean;
  readonly token: string | null;
  /** The video codec to send where everybody takes it. */
  readonly codec: string | null;
}

function flag(value: string | null): boolean | null {
  if (value === null) return null;
  return value !== '0' && value !== 'false';
}

function words(value: string | null): string | null {
  const trimmed = value?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}

export function routeOf(path: string, search: string): Route {
  const match = /^\/r\/([^/]*)\/?$/u.exec(path);
  if (match === null) return { kind: 'landing' };
  const room = decoded(match[1] ?? '');
  if (!isRoomName(room)) return { kind: 'bad-room' };
  const query = new URLSearchParams(search);
  return {
    kind: 'room',
    room,
    wishes: {
      name: words(query.get('name')),
      mic: flag(query.get('mic')),
      camera: flag(query.get('camera')),
      autojoin: flag(query.get('autojoin')) === true,
      token: words(query.get('token')),
      codec: words(query.get('codec'))?.toLowerCase() ?? null,
    },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part).toLowerCase();
  } catch {
    return '';
  }
}

export const pathOf = (room: string): string => `/r/${room}`;
export const linkTo = (origin: string, room: string): string => `${origin}${pathOf(room)}`;

// What this browser keeps between visits, and this tab over a reload. Storage may be forbidden or full: then nothing
// is remembered and everything else works.

export interface Remembered {
  readonly name: string;
  readonly mic: boolean;
  readonly camera: boolean;
  readonly microphoneId: string | null;
  readonly cameraId: string | null;
  readonly speakerId: string | null;
  readonly recent: readonly string[];
}

export const kNothingRemembered: Remembered = {
  name: '',
  mic: true,
  camera: true,
  microphoneId: null,
  cameraId: null,
  speakerId: null,
  recent: [],
};

const kKey = 'parley';
const kRecent = 5;

const textOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' ? value : otherwise;
const flagOr = (value: unknown, otherwise: boolean): boolean =>
  typeof value === 'boolean' ? value : otherwise;

function parsed(json: string | null): Readonly<Record<string, unknown>> {
  if (json === null) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function recall(storage: () => Storage): Remembered {
  let raw: Readonly<Record<string, unknown>> = {};
  try {
    raw = parsed(storage().getItem(kKey));
  } catch {
    // Storage is forbidden here.
  }
  const recent = Array.isArray(raw.recent) ? raw.recent : [];
  return {
    name: textOr(raw.name, ''),
    mic: flagOr(raw.mic, true),
    camera: flagOr(raw.camera, true),
    microphoneId: textOr(raw.microphoneId, null),
    cameraId: textOr(raw.cameraId, null),
    speakerId: textOr(raw.speakerId, null),
    recent: recent.filter((room): room is string => typeof room === 'string').slice(0, kRecent),
  };
}

export function remember(storage: () => Storage, what: Partial<Remembered>): void {
  try {
    storage().setItem(kKey, JSON.stringify({ ...recall(storage), ...what }));
  } catch {
    // Storage is forbidden or full.
  }
}

export function withRecent(recent: readonly string[], room: string): readonly string[] {
  return [room, ...recent.filter((other) => other !== room)].slice(0, kRecent);
}

/** The seat this tab holds, so that a reload comes back to it. */
export interface Seat {
  readonly name: string;
  readonly mic: boolean;
  readonly camera: boolean;
  /**
   * What comes back to it, written only when the page goes and taken away when the next one joins: the copy that a
   * duplicated tab gets of this storage must not take the seat from the page that has it.
   */
  readonly resume: string | null;
}

const seatKey = (room: string): string => `parley.seat.${room}`;

export function keepSeat(storage: () => Storage, room: string, seat: Seat | null): void {
  try {
    if (seat === null) storage().removeItem(seatKey(room));
    else
      storage().setItem(
        seatKey(room),
        JSON.stringify({ name: seat.name, mic: seat.mic, camera: seat.camera, resume: seat.resume }),
      );
  } catch {
    // Storage is forbidden or full.
  }
}

export function seatOf(storage: () => Storage, room: string): Seat | null {
  try {
    const raw = parsed(storage().getItem(seatKey(room)));
    const name = textOr(raw.name, '');
    if (name === '') return null;
    const resume = textOr(raw.resume, null);
    return { name, mic: flagOr(raw.mic, false), camera: flagOr(raw.camera, false), resume };
  } catch {
    return null;
  }
}

// Whether people see and hear each other, judged by what was decoded, never by the state of a connection.
import { expect } from '@playwright/test';
import type { Received, Stats } from './contract.ts';
import type { Person } from './person.ts';

/** Decoded frames that count as a running picture, from when one begins to look. */
const kFrames = 10;
/** The made-up microphones beep loudly or hum; comfort noise and concealment stay far below. */
const kEnergy = 1e-4;

export interface Want {
  readonly video?: boolean;
  readonly audio?: boolean;
  readonly timeout?: number;
}

interface Heard {
  readonly frames: number;
  readonly energy: number;
}

function of(stats: Stats, participant: string): Heard {
  const mine = stats.received.filter((entry) => entry.participant === participant);
  const sum = (value: (entry: Received) => number): number =>
    mine.reduce((total, entry) => total + value(entry), 0);
  return {
    frames: sum((entry) => (entry.source === 'camera' ? entry.framesDecoded : 0)),
    energy: sum((entry) => (entry.source === 'mic' ? entry.audioEnergy : 0)),
  };
}

/**
 * From now on everyone's picture goes on being decoded, and sound heard, at everyone else's page, and is shown in a tile.
 * What is still missing is named when the time is over.
 */
export async function expectAllMeet(people: readonly Person[], want: Want = {}): Promise<void> {
  await expectReceives(people, people, want);
}

/** The same, but only what `receivers` get from `senders`. */
export async function expectReceives(
  receivers: readonly Person[],
  senders: readonly Person[],
  { video = true, audio = true, timeout = 40_000 }: Want = {},
): Promise<void> {
  const ids = new Map<Person, string>();
  for (const sender of senders) ids.set(sender, await sender.id());
  const before = new Map<Person, Stats>();
  for (const receiver of receivers) before.set(receiver, await receiver.stats());
  const missing = async (): Promise<string[]> => {
    const each = await Promise.all(
      receivers.map(async (receiver) => {
        const start = before.get(receiver);
        const now = await receiver.stats();
        const others = senders.filter((sender) => sender !== receiver);
        const lacks = others.map(async (sender) => {
          const id = ids.get(sender) ?? '';
          const was: Heard = start === undefined ? { frames: 0, energy: 0 } : of(start, id);
          const is = of(now, id);
          const words: string[] = [];
          if (video && is.frames - was.frames < kFrames)
            words.push(`${receiver.name} does not see ${sender.name} (${is.frames - was.frames} frames)`);
          if (audio && is.energy - was.energy < kEnergy)
            words.push(
              `${receiver.name} does not hear ${sender.name} (${(is.energy - was.energy).toExponential(1)})`,
            );
          if (
            video &&
            (await receiver
              .tile(sender.name)
              .getAttribute('data-playing', { timeout: 1_000 })
              .catch(() => null)) !== 'true'
          )
            words.push(`${receiver.name} has no playing tile of ${sender.name}`);
          return words;
        });
        return (await Promise.all(lacks)).flat();
      }),
    );
    return each.flat();
  };
  await expect
    .poll(missing, { message: 'everyone sees and hears everyone', timeout, intervals: [250, 500, 500] })
    .toEqual([]);
}

/** How often a source of `sender` was decoded at `receiver` so far. */
export async function decoded(
  receiver: Person,
  sender: Person,
  source: 'camera' | 'screen',
): Promise<number> {
  const id = await sender.id();
  const stats = await receiver.stats();
  return stats.received
    .filter((entry) => entry.participant === id && entry.source === source)
    .reduce((total, entry) => total + entry.framesDecoded, 0);
}

/** Waits until `frames` more were decoded: time passes while the picture moves. */
export async function watchFrames(
  receiver: Person,
  sender: Person,
  frames: number,
  source: 'camera' | 'screen' = 'camera',
): Promise<void> {
  const start = await decoded(receiver, sender, source);
  await expect
    .poll(() => decoded(receiver, sender, source), {
      message: `${receiver.name} sees ${frames} frames of ${sender.name}'s ${source}`,
      timeout: 40_000,
    })
    .toBeGreaterThanOrEqual(start + frames);
}

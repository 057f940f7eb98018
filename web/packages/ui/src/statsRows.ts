// From two readings of the statistics to what stands in a line. Pure.
import type { MeetingStats, ReceivedStats, SentStats } from '@parley/core';
import { text } from './strings.ts';

export interface Readings {
  readonly now: MeetingStats;
  readonly before: MeetingStats | null;
  /** Between the two. */
  readonly ms: number;
}

export interface StatsRow {
  readonly key: string;
  readonly label: string;
  /** What is known of it, most telling first. */
  readonly facts: readonly string[];
}

const t = text.stats;

/** Growth for each second; null when the reading before doesn't tell. */
function perSecond(now: number, before: number | undefined, ms: number): number | null {
  return before === undefined || ms <= 0 || now < before ? null : ((now - before) * 1000) / ms;
}

function rate(bytes: number, before: number | undefined, ms: number): string | null {
  const grown = perSecond(bytes, before, ms);
  return grown === null ? null : `${Math.round((grown * 8) / 1000)} kb/s`;
}

function picture(width: number, height: number, fps: number | null): readonly (string | null)[] {
  return [width > 0 ? `${width}×${height}` : null, fps === null ? null : t.fps(Math.round(fps))];
}

/** Of the packets between the two readings. */
function lossOf(now: ReceivedStats, before: ReceivedStats | undefined): string | null {
  if (before === undefined) return null;
  const lost = Math.max(0, now.packetsLost - before.packetsLost);
  const received = Math.max(0, now.packetsReceived - before.packetsReceived);
  return lost + received === 0 ? null : t.loss((100 * lost) / (lost + received));
}

const known = (facts: readonly (string | null)[]): string[] => facts.filter((fact) => fact !== null);

function receivedRow(now: ReceivedStats, before: ReceivedStats | undefined, ms: number): StatsRow {
  const video = now.kind === 'video';
  const fps = video ? perSecond(now.framesDecoded, before?.framesDecoded, ms) : null;
  return {
    key: `${now.participant}:${now.source}`,
    label: t.source[now.source],
    facts: known([
      ...picture(now.frameWidth, now.frameHeight, fps),
      now.codec,
      rate(now.bytes, before?.bytes, ms),
      lossOf(now, before),
      now.freezeCount > 0 ? t.freezes(now.freezeCount) : null,
      t.leg[now.leg],
    ]),
  };
}

function sentRow(now: SentStats, before: SentStats | undefined, ms: number): StatsRow {
  const fps = now.kind === 'video' ? perSecond(now.framesEncoded, before?.framesEncoded, ms) : null;
  const rests = before?.bytes === now.bytes;
  const name = (t.source as Readonly<Record<string, string>>)[now.source] ?? now.source;
  return {
    key: `${now.source}:${now.rid ?? ''}:${now.leg}`,
    label: now.rid === null ? name : `${name} ${now.rid}`,
    facts: rests
      ? [t.rests, t.leg[now.leg]]
      : known([
          ...picture(now.frameWidth, now.frameHeight, fps),
          now.codec,
          rate(now.bytes, before?.bytes, ms),
          now.cpuLimited ? t.cpuLimited : null,
          t.leg[now.leg],
        ]),
  };
}

/** By participant, in the order in which they were first received; only who is still here. */
export function receivedRows(
  { now, before, ms }: Readings,
  present: ReadonlySet<string>,
): ReadonlyMap<string, readonly StatsRow[]> {
  const rows = new Map<string, StatsRow[]>();
  for (const entry of now.received) {
    if (!present.has(entry.participant)) continue;
    const last = before?.received.find(
      (other) => other.participant === entry.participant && other.source === entry.source,
    );
    const list = rows.get(entry.participant) ?? [];
    list.push(receivedRow(entry, last, ms));
    rows.set(entry.participant, list);
  }
  return rows;
}

export function sentRows({ now, before, ms }: Readings): readonly StatsRow[] {
  return now.sent.map((entry) => {
    const last = before?.sent.find(
      (other) => other.source === entry.source && other.rid === entry.rid && other.leg === entry.leg,
    );
    return sentRow(entry, last, ms);
  });
}

export function pathWords({ topology, network }: MeetingStats): string {
  const by = network === null ? '' : `, ${network.protocol.toUpperCase()}${network.relayed ? t.relayed : ''}`;
  return `${t.topology[topology]}${by}`;
}

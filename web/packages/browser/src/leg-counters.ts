// getStats() of one connection as the counters that the core adds up.
import type { IncomingCounters, LegCounters, NetworkPath, OutgoingCounters } from '@parley/core';
import type { MediaSource } from '@parley/protocol';
import { numberOf } from './first-media.ts';

type Stat = Readonly<Record<string, unknown>>;

function kindOf(stat: Stat): 'audio' | 'video' {
  return stat.kind === 'audio' ? 'audio' : 'video';
}

function textOf(stat: Stat, name: string): string | null {
  const value = stat[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

type Codecs = ReadonlyMap<string, string>;

/** Names of codecs by the id of their report. */
function codecsOf(stats: readonly Stat[]): Codecs {
  const codecs = new Map<string, string>();
  for (const stat of stats) {
    const type = stat.type === 'codec' ? textOf(stat, 'mimeType') : null;
    if (type !== null) codecs.set(textOf(stat, 'id') ?? '', type.slice(type.indexOf('/') + 1));
  }
  return codecs;
}

/** A relay speaks UDP to the other end whatever we speak to it; what may be blocked is our end. */
function pathOf(stats: readonly Stat[], pair: Stat): NetworkPath | null {
  const local = stats.find((stat) => stat.type === 'local-candidate' && stat.id === pair.localCandidateId);
  if (local === undefined) return null;
  const protocol = textOf(local, 'relayProtocol') ?? textOf(local, 'protocol');
  return { protocol: protocol === 'udp' ? 'udp' : 'tcp', relayed: local.candidateType === 'relay' };
}

function incoming(stat: Stat, mid: string, codecs: Codecs): IncomingCounters {
  return {
    mid,
    kind: kindOf(stat),
    framesDecoded: numberOf(stat, 'framesDecoded'),
    frameWidth: numberOf(stat, 'frameWidth'),
    frameHeight: numberOf(stat, 'frameHeight'),
    bytes: numberOf(stat, 'bytesReceived'),
    packetsReceived: numberOf(stat, 'packetsReceived'),
    packetsLost: numberOf(stat, 'packetsLost'),
    framesDropped: numberOf(stat, 'framesDropped'),
    decodeSeconds: numberOf(stat, 'totalDecodeTime'),
    codec: codecs.get(textOf(stat, 'codecId') ?? '') ?? null,
    freezeCount: numberOf(stat, 'freezeCount'),
    totalFreezesDuration: numberOf(stat, 'totalFreezesDuration'),
    audioEnergy: numberOf(stat, 'totalAudioEnergy'),
  };
}

/** What the other end reported of a sent stream. */
function reportOf(stats: readonly Stat[], sent: Stat): OutgoingCounters['reported'] {
  const report = stats.find((stat) => stat.type === 'remote-inbound-rtp' && stat.localId === sent.id);
  if (report === undefined) return null;
  return { at: numberOf(report, 'timestamp'), packetsLost: numberOf(report, 'packetsLost') };
}

function outgoing(stats: readonly Stat[], stat: Stat, source: MediaSource, codecs: Codecs): OutgoingCounters {
  return {
    source,
    kind: kindOf(stat),
    rid: textOf(stat, 'rid'),
    frameWidth: numberOf(stat, 'frameWidth'),
    frameHeight: numberOf(stat, 'frameHeight'),
    bytes: numberOf(stat, 'bytesSent'),
    framesEncoded: numberOf(stat, 'framesEncoded'),
    codec: codecs.get(textOf(stat, 'codecId') ?? '') ?? null,
    cpuLimited: stat.active !== false && stat.qualityLimitationReason === 'cpu',
    packetsSent: numberOf(stat, 'packetsSent'),
    reported: reportOf(stats, stat),
  };
}

/** Adds up reports of one m-line: a restarted stream may leave its former report behind. */
function merge(a: IncomingCounters, b: IncomingCounters): IncomingCounters {
  const newer = b.framesDecoded > 0 || b.bytes > a.bytes ? b : a;
  return {
    ...newer,
    framesDecoded: a.framesDecoded + b.framesDecoded,
    bytes: a.bytes + b.bytes,
    packetsReceived: a.packetsReceived + b.packetsReceived,
    packetsLost: a.packetsLost + b.packetsLost,
    framesDropped: a.framesDropped + b.framesDropped,
    decodeSeconds: a.decodeSeconds + b.decodeSeconds,
    freezeCount: a.freezeCount + b.freezeCount,
    totalFreezesDuration: a.totalFreezesDuration + b.totalFreezesDuration,
    audioEnergy: a.audioEnergy + b.audioEnergy,
  };
}

export function countersFrom(
  stats: readonly Stat[],
  sourceOf: (mid: string) => MediaSource | null,
): LegCounters {
  const byMid = new Map<string, IncomingCounters>();
  const sent: OutgoingCounters[] = [];
  const selected = stats.find((stat) => stat.type === 'transport')?.selectedCandidatePairId;
  const codecs = codecsOf(stats);
  let rttMs: number | null = null;
  let path: NetworkPath | null = null;
  for (const stat of stats) {
    const mid = textOf(stat, 'mid');
    if (stat.type === 'inbound-rtp' && mid !== null) {
      const now = incoming(stat, mid, codecs);
      const before = byMid.get(mid);
      byMid.set(mid, before === undefined ? now : merge(before, now));
    }
    if (stat.type === 'outbound-rtp' && mid !== null) {
      const source = sourceOf(mid);
      if (source !== null) sent.push(outgoing(stats, stat, source, codecs));
    }
    const isSelected = selected === undefined ? stat.selected === true : stat.id === selected;
    if (stat.type === 'candidate-pair' && isSelected) {
      if (typeof stat.currentRoundTripTime === 'number') rttMs = stat.currentRoundTripTime * 1000;
      path = pathOf(stats, stat);
    }
  }
  return { incoming: [...byMid.values()], outgoing: sent, rttMs, path };
}

/** Firefox never settles a getStats() that is pending when its connection is closed; null after a second then. */
const STATS_LIMIT_MS = 1_000;

function withinLimit<T>(pending: Promise<T | null>): Promise<T | null> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(null), STATS_LIMIT_MS);
    void pending.then((value) => {
      clearTimeout(limit);
      resolve(value);
    });
  });
}

async function readStats(connection: RTCPeerConnection): Promise<readonly Stat[] | null> {
  if (connection.signalingState === 'closed') return null;
  const report = await withinLimit(connection.getStats().catch(() => null));
  if (report === null) return null;
  const stats: Stat[] = [];
  report.forEach((stat: Stat) => stats.push(stat));
  return stats;
}

export async function readCounters(
  connection: RTCPeerConnection,
  sourceOf: (mid: string) => MediaSource | null,
): Promise<LegCounters> {
  return countersFrom((await readStats(connection)) ?? [], sourceOf);
}

/** Media and RTCP count in a pair's bytes; its connectivity checks only in requests and responses. */
const ARRIVALS = ['bytesReceived', 'requestsReceived', 'responsesReceived'] as const;

export function arrivalsFrom(stats: readonly Stat[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const stat of stats) {
    if (stat.type !== 'candidate-pair' && stat.type !== 'inbound-rtp') continue;
    const id = textOf(stat, 'id') ?? '';
    for (const name of ARRIVALS) counts.set(`${id}/${name}`, numberOf(stat, name));
  }
  return counts;
}

export async function readArrivals(
  connection: RTCPeerConnection,
): Promise<ReadonlyMap<string, number> | null> {
  const stats = await readStats(connection);
  return stats === null ? null : arrivalsFrom(stats);
}

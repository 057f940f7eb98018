import { useEffect, useState } from 'react';
import type { MeetingStats, ParticipantState, ReceivedStats, SentStats } from '@parley/core';
import { SidePanel } from './SidePanel.tsx';
import { text } from './strings.ts';

export interface StatsPanelProps {
  readonly stats: () => Promise<MeetingStats>;
  readonly participants: readonly ParticipantState[];
  readonly onClose: () => void;
}

interface Reading {
  readonly at: number;
  readonly now: MeetingStats;
  readonly before: { readonly at: number; readonly stats: MeetingStats } | null;
}

const kEveryMs = 1000;

function useReadings(stats: () => Promise<MeetingStats>): Reading | null {
  const [reading, setReading] = useState<Reading | null>(null);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const read = async (): Promise<void> => {
      const now = await stats();
      if (over) return;
      setReading((old) => ({ at: performance.now(), now, before: old && { at: old.at, stats: old.now } }));
      timer = setTimeout(() => void read(), kEveryMs);
    };
    void read();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [stats]);
  return reading;
}

function rate(bytes: number, before: number | undefined, ms: number): string {
  if (before === undefined || ms <= 0 || bytes < before) return text.stats.unknown;
  return `${Math.round(((bytes - before) * 8) / ms)} kb/s`;
}

const size = (width: number, height: number): string =>
  width > 0 ? `${width}×${height}` : text.stats.unknown;

export function StatsPanel({ stats, participants, onClose }: StatsPanelProps) {
  const reading = useReadings(stats);
  const t = text.stats;
  return (
    <SidePanel title={t.title} onClose={onClose}>
      <div className="p-panel-body p-stats" data-autofocus tabIndex={0} role="group" aria-label={t.title}>
        {reading === null ? <p>{t.nothing}</p> : <Numbers reading={reading} participants={participants} />}
      </div>
    </SidePanel>
  );
}

function Numbers({
  reading,
  participants,
}: {
  readonly reading: Reading;
  readonly participants: readonly ParticipantState[];
}) {
  const { now, before, at } = reading;
  const t = text.stats;
  const ms = before === null ? 0 : at - before.at;
  const nameOf = (id: string): string => participants.find((p) => p.id === id)?.name ?? id;
  const sameReceived = (a: ReceivedStats): ReceivedStats | undefined =>
    before?.stats.received.find((b) => b.participant === a.participant && b.source === a.source);
  const sameSent = (a: SentStats): SentStats | undefined =>
    before?.stats.sent.find((b) => b.source === a.source && b.rid === a.rid && b.leg === a.leg);
  return (
    <>
      <dl>
        <dt>{t.path}</dt>
        <dd>{t.topology[now.topology]}</dd>
        <dt>{t.rtt}</dt>
        <dd>{now.rtt_ms === null ? t.unknown : `${Math.round(now.rtt_ms)} ms`}</dd>
      </dl>
      <h3>{t.received}</h3>
      <Table heads={[t.who, t.what, t.size, t.rate, t.lost, t.freezes]}>
        {now.received.map((r) => (
          <tr key={`${r.participant}:${r.source}`}>
            <td>{nameOf(r.participant)}</td>
            <td>{r.source}</td>
            <td>{size(r.frameWidth, r.frameHeight)}</td>
            <td>{rate(r.bytes, sameReceived(r)?.bytes, ms)}</td>
            <td>{r.packetsLost}</td>
            <td>{r.kind === 'video' ? r.freezeCount : t.unknown}</td>
          </tr>
        ))}
      </Table>
      <h3>{t.sent}</h3>
      <Table heads={[t.what, t.path, t.size, t.rate]}>
        {now.sent.map((s) => (
          <tr key={`${s.source}:${s.rid ?? ''}:${s.leg}`}>
            <td>{s.rid === null ? s.source : `${s.source} ${s.rid}`}</td>
            <td>{s.leg}</td>
            <td>{size(s.frameWidth, s.frameHeight)}</td>
            <td>{rate(s.bytes, sameSent(s)?.bytes, ms)}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Table({
  heads,
  children,
}: {
  readonly heads: readonly string[];
  readonly children: React.ReactNode[];
}) {
  if (children.length === 0) return <p>{text.stats.nothing}</p>;
  return (
    <div className="p-stats-scroll">
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

import { useEffect, useState } from 'react';
import type { MeetingStats, ParticipantState } from '@parley/core';
import { SidePanel } from './SidePanel.tsx';
import { pathWords, receivedRows, sentRows, type StatsRow } from './statsRows.ts';
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
  const readings = { now, before: before?.stats ?? null, ms: before === null ? 0 : at - before.at };
  const names = new Map(participants.map(({ id, name }) => [id, name]));
  const received = receivedRows(readings, new Set(names.keys()));
  return (
    <>
      <dl>
        <dt>{t.path}</dt>
        <dd>{pathWords(now)}</dd>
        <dt>{t.rtt}</dt>
        <dd>{now.rtt_ms === null ? t.unknown : `${Math.round(now.rtt_ms)} ms`}</dd>
      </dl>
      <h3>{t.received}</h3>
      {received.size === 0 ? <p>{t.nothing}</p> : null}
      {[...received].map(([id, rows]) => (
        <section key={id} aria-label={names.get(id)}>
          <h4>{names.get(id)}</h4>
          <Rows rows={rows} />
        </section>
      ))}
      <h3>{t.sent}</h3>
      {now.sent.length === 0 ? <p>{t.nothing}</p> : <Rows rows={sentRows(readings)} />}
    </>
  );
}

function Rows({ rows }: { readonly rows: readonly StatsRow[] }) {
  return (
    <dl className="p-stats-rows">
      {rows.map(({ key, label, facts }) => (
        <div key={key} data-testid="stats-row">
          <dt>{label}</dt>
          <dd>{facts.map((fact) => fact.replaceAll(' ', '\u00a0')).join(' · ')}</dd>
        </div>
      ))}
    </dl>
  );
}

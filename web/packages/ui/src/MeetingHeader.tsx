import { ArrowLeftRight, Check, Copy, LoaderCircle, Server, Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Topology } from '@parley/core';
import { Tip } from './Controls.tsx';
import { text } from './strings.ts';
import { clockText } from './time.ts';
import './MeetingHeader.css';

export interface MeetingHeaderProps {
  readonly room: string;
  readonly topology: Topology;
  readonly people: number;
  readonly since: number | null;
  readonly over: boolean;
  readonly hidden: boolean;
  readonly copied: boolean;
  readonly onCopy: () => void;
  readonly onPeople: () => void;
}

export function MeetingHeader(props: MeetingHeaderProps) {
  const { room, topology, people, since, over, hidden, copied, onCopy, onPeople } = props;
  return (
    <header className="p-header" data-over={over} data-hidden={hidden}>
      <h1 className="p-header-room" title={room}>
        {room}
      </h1>
      <Tip words={text.copyLink} side="bottom">
        <button
          type="button"
          className="p-btn p-btn-icon p-btn-small"
          aria-label={text.copyLink}
          onClick={onCopy}
        >
          {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        </button>
      </Tip>
      <span className="p-header-space" />
      {people > 1 ? <PathBadge topology={topology} /> : null}
      {people > 0 ? (
        <Tip words={text.bar.people} keys="P" side="bottom">
          <button
            type="button"
            className="p-btn p-btn-small p-header-people"
            aria-label={text.header.people(people)}
            onClick={onPeople}
          >
            <Users aria-hidden="true" />
            {people}
          </button>
        </Tip>
      ) : null}
      {since === null ? null : <Clock since={since} />}
    </header>
  );
}

function PathBadge({ topology }: { readonly topology: Topology }) {
  const t = text.header;
  const [Icon, words, tip] =
    topology === 'p2p'
      ? ([ArrowLeftRight, t.direct, t.directTip] as const)
      : topology === 'connecting'
        ? ([LoaderCircle, t.connecting, t.connectingTip] as const)
        : ([Server, t.server, t.serverTip] as const);
  return (
    <Tip words={tip} side="bottom">
      <span className="p-path" data-path={topology} data-testid="path-badge" tabIndex={0} role="note">
        <Icon aria-hidden="true" />
        {words}
      </span>
    </Tip>
  );
}

function Clock({ since }: { readonly since: number }) {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time className="p-clock" aria-label={text.header.clock} role="timer">
      {clockText(now - since)}
    </time>
  );
}

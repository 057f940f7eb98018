import { House, RotateCw } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { EndReason } from '@parley/core';
import { Wordmark } from './Controls.tsx';
import { text } from './strings.ts';
import './Landing.css';

export interface LeftPageProps {
  readonly room: string;
  readonly reason: EndReason;
  /** The server's words, when it gave any. */
  readonly message: string;
  readonly onRejoin: () => void;
  readonly onHome: () => void;
}

export function LeftPage({ room, reason, message, onRejoin, onHome }: LeftPageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const words = reason === 'left' || message === '' ? text.left.hint[reason] : message;
  return (
    <main className="p-page-centre">
      <div className="p-card">
        <Wordmark />
        <h1 ref={heading} tabIndex={-1}>
          {text.left.title[reason]}
        </h1>
        <p className="p-lead" {...(reason === 'left' ? {} : { 'data-testid': 'error', role: 'alert' })}>
          {words}
        </p>
        <p className="p-room-name">{room}</p>
        <div className="p-actions">
          <button type="button" className="p-btn p-btn-primary" data-testid="rejoin" onClick={onRejoin}>
            <RotateCw aria-hidden="true" />
            {text.left.rejoin}
          </button>
          <button type="button" className="p-btn" onClick={onHome}>
            <House aria-hidden="true" />
            {text.left.home}
          </button>
        </div>
      </div>
    </main>
  );
}

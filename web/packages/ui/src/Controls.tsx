// Small parts that everything is made of.
import * as Tooltip from '@radix-ui/react-tooltip';
import type { ReactElement, ReactNode } from 'react';
import { avatarColour, initialsOf } from './person.ts';
import './base.css';

export function TipProvider({ children }: { readonly children: ReactNode }) {
  return <Tooltip.Provider delayDuration={350}>{children}</Tooltip.Provider>;
}

interface TipProps {
  readonly words: string;
  /** The shortcut, if there is one. */
  readonly keys?: string | undefined;
  readonly side?: 'top' | 'bottom' | 'left' | 'right';
  readonly children: ReactElement;
}

export function Tip({ words, keys, side = 'top', children }: TipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="p-tip" side={side} sideOffset={8} collisionPadding={8}>
          {words}
          {keys === undefined ? null : <span className="p-tip-keys"> ({keys})</span>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size: number;
}

export function Avatar({ id, name, size }: AvatarProps) {
  return (
    <span
      className="p-avatar"
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: Math.round(size * 0.4), background: avatarColour(id) }}
    >
      {initialsOf(name)}
    </span>
  );
}

export function Wordmark() {
  return (
    <span className="p-wordmark">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <path
          fill="var(--accent)"
          d="M4 8a5 5 0 0 1 5-5h8a9 9 0 0 1 0 18h-5v6.2a1.3 1.3 0 0 1-2.1 1L5.6 24.6A4 4 0 0 1 4 21.400Z"
        />
        <circle cx="12" cy="12" r="2" fill="var(--on-accent)" />
        <circle cx="19" cy="12" r="2" fill="var(--on-accent)" />
      </svg>
      Parley
    </span>
  );
}

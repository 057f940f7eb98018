// `window.parley`: what programs that drive the page read (tests, monitoring). Read only.
import type { Meeting, MeetingStats, ParticipantState, Topology } from '@parley/core';

export interface ParleyParticipant {
  readonly id: string;
  readonly name: string;
  readonly self: boolean;
  readonly mic: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly hand: number;
  readonly speaking: boolean;
  readonly bars: number;
}

export interface ParleyGlobal {
  readonly room: string;
  readonly self: string | null;
  readonly topology: Topology;
  participants(): readonly ParleyParticipant[];
  stats(): Promise<MeetingStats>;
}

declare global {
  interface Window {
    parley?: ParleyGlobal;
  }
}

const shown = (p: ParticipantState): ParleyParticipant => ({
  id: p.id,
  name: p.name,
  self: p.self,
  mic: p.micOn,
  camera: p.cameraOn,
  screen: p.screenOn,
  hand: p.hand,
  speaking: p.speaking,
  bars: p.bars,
});

/** Puts it there; returns what takes it away. */
export function exposeMeeting(meeting: Meeting): () => void {
  const global: ParleyGlobal = {
    get room() {
      return meeting.snapshot().room;
    },
    get self() {
      return meeting.snapshot().self;
    },
    get topology() {
      return meeting.snapshot().topology;
    },
    participants: () => meeting.snapshot().participants.map(shown),
    stats: () => meeting.stats(),
  };
  window.parley = global;
  return () => {
    if (window.parley === global) delete window.parley;
  };
}

// Puts the parts' state into the one value that the page renders.
import type { LocalMedia } from './local-media.ts';
import type { Roster, RosterEntry } from './roster.ts';
import type { ShownMedia } from './shown-media.ts';
import type { Bars, ConnectionState, MeetingSnapshot, ParticipantState, Topology } from './snapshot.ts';
import type { SpeakingDetector } from './speaking.ts';

export interface SnapshotParts {
  readonly roster: Roster;
  readonly shown: ShownMedia;
  readonly local: LocalMedia;
  readonly speaking: SpeakingDetector;
}

export type SnapshotRest = Omit<
  MeetingSnapshot,
  'self' | 'participants' | 'mic' | 'camera' | 'screenSharing'
> & {
  readonly ownName: string;
  /** Of the other end of a direct call. */
  readonly direct: { readonly peer: string; readonly bars: Bars } | null;
  readonly connection: ConnectionState;
  readonly topology: Topology;
};

export function buildSnapshot(
  parts: SnapshotParts,
  { ownName, direct, ...rest }: SnapshotRest,
  before: MeetingSnapshot | null,
): MeetingSnapshot {
  const { roster, local } = parts;
  const known = new Map(before?.participants.map((participant) => [participant.id, participant]));
  const participants = roster.all().map((entry) => {
    const now =
      entry.id === roster.self
        ? ownState(parts, entry, ownName, rest.handUp)
        : remoteState(parts, withDirect(entry, direct));
    const old = known.get(entry.id);
    // The same object when nothing changed, so that a page can skip it.
    return old !== undefined && same(old, now) ? old : now;
  });
  return {
    ...rest,
    self: roster.self,
    participants,
    mic: local.mic.state,
    camera: local.camera.state,
    screenSharing: local.screen.sharing,
  };
}

/** What the server knows of a direct call is only that both are there. */
function withDirect(entry: RosterEntry, direct: SnapshotRest['direct']): RosterEntry {
  if (direct?.peer !== entry.id || direct.bars >= entry.bars) return entry;
  return { ...entry, bars: direct.bars };
}

function ownState(parts: SnapshotParts, entry: RosterEntry, name: string, handUp: boolean): ParticipantState {
  const { local, speaking, roster } = parts;
  const { mic, camera, screen } = local.state();
  return {
    id: entry.id,
    name,
    self: true,
    micOn: mic,
    cameraOn: camera,
    screenOn: screen,
    hand: handUp ? roster.handPlace(entry.id) : 0,
    speaking: mic && speaking.speaking(entry.id),
    bars: entry.bars,
    camera: { source: 'camera', track: camera ? local.camera.track : null },
    screen: { source: 'screen', track: screen ? local.screen.track : null },
  };
}

function remoteState({ roster, shown, speaking }: SnapshotParts, entry: RosterEntry): ParticipantState {
  const camera = entry.camera ? (shown.shown(entry.id, 'camera')?.media.track ?? null) : null;
  const screen = entry.screen ? (shown.shown(entry.id, 'screen')?.media.track ?? null) : null;
  return {
    id: entry.id,
    name: entry.name,
    self: false,
    micOn: entry.mic,
    cameraOn: entry.camera,
    screenOn: entry.screen,
    hand: roster.handPlace(entry.id),
    speaking: entry.mic && speaking.speaking(entry.id),
    bars: entry.bars,
    camera: { source: 'camera', track: camera },
    screen: { source: 'screen', track: screen },
  };
}

function same(a: ParticipantState, b: ParticipantState): boolean {
  return (
    a.name === b.name &&
    a.self === b.self &&
    a.micOn === b.micOn &&
    a.cameraOn === b.cameraOn &&
    a.screenOn === b.screenOn &&
    a.hand === b.hand &&
    a.speaking === b.speaking &&
    a.bars === b.bars &&
    a.camera.track === b.camera.track &&
    a.screen.track === b.screen.track
  );
}

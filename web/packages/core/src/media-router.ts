// From legs and slots to what is shown and heard, for the way in force and the one in preparation.
import type { HealthMessage, SlotEntry, ViewEntry } from '@parley/protocol';
import type { DirectLinks } from './direct-links.ts';
import type { AudibleTrack, AudioOutputPort, Clock, LegCounters, MediaLeg } from './ports.ts';
import type { Roster } from './roster.ts';
import type { ServerLink } from './server-link.ts';
import { DirectQuality } from './direct-quality.ts';
import { HealthReporter } from './health.ts';
import { PlayoutReserve } from './playout-reserve.ts';
import { ShownMedia, type Candidate } from './shown-media.ts';
import { SlotMap } from './slot-map.ts';
import { SoundRedundancy } from './sound-redundancy.ts';
import type { Bars, MeetingStats, SentStats, Topology } from './snapshot.ts';
import { StatsLedger, type CounterOwner } from './stats-ledger.ts';
import type { TopologyMachine, Way } from './topology-machine.ts';

export interface MediaParts {
  readonly roster: Roster;
  readonly server: ServerLink;
  readonly direct: DirectLinks;
  readonly topology: TopologyMachine;
  /** What the page looks at; null before it said anything. */
  view(): readonly ViewEntry[] | null;
}

interface LegSample {
  readonly id: string;
  readonly leg: 'direct' | 'server';
  readonly port: MediaLeg;
  readonly owner: (mid: string) => CounterOwner | null;
}

interface CountedLeg extends Omit<LegSample, 'owner'> {
  readonly counters: LegCounters;
}

export class MediaRouter {
  readonly shown: ShownMedia;
  readonly #slots = new SlotMap();
  readonly #ledger = new StatsLedger();
  readonly #health = new HealthReporter();
  readonly #directQuality = new DirectQuality();
  readonly #paths = new WeakMap<MediaLeg, { reserve: PlayoutReserve; redundancy: SoundRedundancy }>();
  readonly #clock: Clock;
  readonly #audio: AudioOutputPort;
  readonly #parts: MediaParts;

  constructor(clock: Clock, audio: AudioOutputPort, parts: MediaParts, onChange: () => void) {
    this.#clock = clock;
    this.#audio = audio;
    this.#parts = parts;
    this.shown = new ShownMedia(clock, () => {
      this.#playAudio();
      onChange();
    });
  }

  onSlots(slots: readonly SlotEntry[]): void {
    // What came until now belongs to the owners until now.
    void this.#sample();
    this.#slots.apply(slots);
    this.update();
  }

  onNewServerLeg(): void {
    this.#slots.clear();
    this.update();
  }

  /** Legs, slots or the topology changed. */
  update(): void {
    const { topology, server, direct } = this.#parts;
    const ways = [topology.draining, topology.inForce, topology.preparing];
    const candidates = ways.flatMap((way) => (way === null ? [] : this.#candidates(way)));
    const legs = new Set([server.id, ...direct.all().map((link) => link.id)]);
    this.shown.update(candidates, legs);
    this.#playAudio();
  }

  /** Whether everything that is to be shown comes by `way` (docs/protocol.md, `prepare`). */
  arrived(way: Way): boolean {
    const { roster, server, direct, topology } = this.#parts;
    if (way.mode === 'alone') return true;
    if (way.mode === 'p2p' && topology.directState(way.epoch) !== 'connected') return false;
    if (way.mode === 'sfu' && !server.connected) return false;
    const leg = way.mode === 'sfu' ? server.id : (direct.get(way.epoch)?.id ?? '');
    const before = topology.inForce;
    const only = way.mode === 'p2p' ? way.peer : before.mode === 'p2p' ? before.peer : null;
    return roster.others().every((participant) => {
      if (only !== null && participant.id !== only) return true;
      const sources: ('camera' | 'screen')[] = [];
      if (participant.camera) sources.push('camera');
      if (participant.screen) sources.push('screen');
      const looked = sources.filter((source) => this.#looksAt(participant.id, source, way.mode === 'p2p'));
      if (looked.length > 0) return looked.every((source) => this.shown.flows(participant.id, source, leg));
      return !participant.mic || this.shown.flows(participant.id, 'mic', leg);
    });
  }

  /** Whether a participant that talks directly sends sound or a picture that we look at. */
  expects(peer: string): boolean {
    const participant = this.#parts.roster.get(peer);
    if (participant === null) return false;
    return participant.mic || (participant.camera && this.#looksAt(peer, 'camera', true));
  }

  /** Loudness of each participant that is heard. */
  levels(): readonly { readonly participant: string; readonly level: number }[] {
    const levels: { participant: string; level: number }[] = [];
    for (const { participant, source, media } of this.shown.all()) {
      if (source === 'mic') levels.push({ participant, level: media.level() });
    }
    return levels;
  }

  async stats(topology: Topology): Promise<MeetingStats> {
    const samples = await this.#sample();
    const sent: SentStats[] = samples.flatMap(({ leg, counters }) =>
      counters.outgoing.map((outgoing) => ({ ...outgoing, leg })),
    );
    const inForce = this.#parts.topology.inForce.mode === 'p2p' ? 'direct' : 'server';
    const current = samples.find((sample) => sample.leg === inForce) ?? samples[0];
    return {
      topology,
      received: this.#ledger.received(),
      sent,
      rtt_ms: current?.counters.rttMs ?? null,
      network: current?.counters.path ?? null,
    };
  }

  /** To be called about every 2 s; answers what the server should know of it, null for nothing. */
  async sampleStats(): Promise<HealthMessage | null> {
    const samples = await this.#sample();
    const way = this.#parts.topology.inForce;
    const direct = way.mode === 'p2p' ? (this.#parts.direct.get(way.epoch)?.id ?? null) : null;
    this.#directQuality.sample(direct, samples.find(({ id }) => id === direct)?.counters ?? null);
    for (const { port, counters } of samples) this.#answerLosses(port, counters);
    return this.#health.sample(this.#clock.now(), samples);
  }

  #answerLosses(port: MediaLeg, counters: LegCounters): void {
    const path = this.#paths.get(port) ?? {
      reserve: new PlayoutReserve(),
      redundancy: new SoundRedundancy(),
    };
    this.#paths.set(port, path);
    port.setReserve(path.reserve.sample(counters));
    port.setSoundTwice(path.redundancy.sample(this.#clock.now(), counters));
  }

  get deviceSlow(): boolean {
    return this.#health.deviceSlow;
  }

  /** Of the direct call in force; 3 without one. */
  get directBars(): Bars {
    return this.#directQuality.bars;
  }

  close(): void {
    this.shown.clear();
    this.#audio.close();
  }

  /** `unsaid`: what holds before the page said anything. On a direct leg everything is sent then. */
  #looksAt(participant: string, source: 'camera' | 'screen', unsaid: boolean): boolean {
    const view = this.#parts.view();
    return view?.some((entry) => entry.participant === participant && entry.source === source) ?? unsaid;
  }

  #candidates(way: Way): readonly Candidate[] {
    if (way.mode === 'alone') return [];
    if (way.mode === 'p2p') return this.#parts.direct.candidates(way.epoch);
    const leg = this.#parts.server.id;
    const found: Candidate[] = [];
    for (const [mid, media] of this.#parts.server.slots()) {
      const owner = this.#slots.owner(mid);
      if (owner === null) continue;
      found.push({
        participant: owner.participant,
        source: owner.source,
        leg,
        id: `${leg}/${mid}/${owner.generation}`,
        media,
        rtpTimestamp: owner.rtpTimestamp,
      });
    }
    return found;
  }

  /** Every audio track of a way in use is decoded, so that it can be heard at once; audible is what is shown. */
  #playAudio(): void {
    const { topology, server, direct } = this.#parts;
    const audible = new Set<MediaStreamTrack>();
    for (const { media } of this.shown.all()) if (media.kind === 'audio') audible.add(media.track);
    const tracks = new Map<MediaStreamTrack, AudibleTrack>();
    const ways = [topology.draining?.mode, topology.inForce.mode, topology.preparing?.mode];
    if (ways.includes('sfu')) {
      for (const { kind, track } of server.slots().values()) {
        if (kind === 'audio') tracks.set(track, { track, audible: audible.has(track) });
      }
    }
    for (const link of direct.all()) {
      for (const { kind, track } of link.port.incoming().values()) {
        if (kind === 'audio') tracks.set(track, { track, audible: audible.has(track) });
      }
    }
    this.#audio.play([...tracks.values()]);
  }

  async #sample(): Promise<readonly CountedLeg[]> {
    const legs = this.#legs();
    return Promise.all(
      legs.map(async ({ id, leg, port, owner }) => {
        const counters = await port.counters();
        this.#ledger.sample(id, counters.incoming, owner, leg);
        return { id, leg, port, counters };
      }),
    );
  }

  #legs(): readonly LegSample[] {
    const legs: LegSample[] = [];
    const { server, direct } = this.#parts;
    if (server.port !== null) {
      const owners = new Map(this.#slots.entries());
      legs.push({ id: server.id, leg: 'server', port: server.port, owner: (mid) => owners.get(mid) ?? null });
    }
    for (const { id, peer, port } of direct.all()) {
      const sources = new Map([...port.incoming()].map(([source, { mid }]) => [mid, source]));
      const owner = (mid: string): CounterOwner | null => {
        const source = sources.get(mid);
        return source === undefined ? null : { participant: peer, source };
      };
      legs.push({ id, leg: 'direct', port, owner });
    }
    return legs;
  }
}

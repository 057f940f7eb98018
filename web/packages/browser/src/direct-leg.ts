// The connection to one other participant. Four m-lines in a fixed order tell by their place what they carry.
import type { DirectLegHandlers, DirectLegPort, IncomingMedia, LegCounters } from '@parley/core';
import {
  MEDIA_SOURCES,
  type DirectRole,
  type IceServer,
  type MediaSource,
  type SignalDescription,
  type WatchedSource,
} from '@parley/protocol';
import { IncomingTrack } from './incoming-track.ts';
import { DIRECT_MAX_BITRATE, planDirect, widestLook } from './layer-plan.ts';
import { readArrivals, readCounters } from './leg-counters.ts';
import { legState, TaskLine } from './leg-state.ts';
import { setReserve } from './playout.ts';
import { DIRECT_START_KBPS, preferCodec, withStartBitrate } from './sdp-quirks.ts';
import { SenderControl } from './sender-control.ts';
import { sendSoundTwice } from './sound-twice.ts';

/** The server can take over at any time, so a direct way that is silent this long is given up. */
const INTERRUPTED_LIMIT_MS = 4_000;

/**
 * A smaller picture restarts the encoder, which costs frames: not while the way of a call changes (its tiles shrink when a third
 * comes, and the direct leg ends soon after). What nobody looks at rests at once.
 */
const SHRINK_AFTER_MS = 3000;

const KINDS: Readonly<Record<MediaSource, 'audio' | 'video'>> = {
  mic: 'audio',
  camera: 'video',
  screen: 'video',
  'screen-audio': 'audio',
};

export interface DirectLegOptions {
  readonly chromium: boolean;
  readonly role: DirectRole;
  readonly iceServers: readonly IceServer[];
}

export class BrowserDirectLeg implements DirectLegPort {
  readonly #connection: RTCPeerConnection;
  readonly #handlers: DirectLegHandlers;
  readonly #chromium: boolean;
  readonly #transceivers = new Map<MediaSource, RTCRtpTransceiver>();
  readonly #controls = new Map<MediaSource, SenderControl>();
  readonly #tracks = new Map<MediaSource, MediaStreamTrack>();
  readonly #incoming = new Map<MediaSource, IncomingTrack>();
  readonly #streams = { person: new MediaStream(), screen: new MediaStream() };
  readonly #tasks: TaskLine;
  #watched: readonly WatchedSource[] | null = null;
  #waitingCandidates: (RTCIceCandidateInit | null)[] | null = [];
  #shrinkTimer: ReturnType<typeof setTimeout> | undefined;
  #interruptedTimer: ReturnType<typeof setTimeout> | undefined;
  #soundTwice = false;
  #closed = false;

  constructor(options: DirectLegOptions, handlers: DirectLegHandlers) {
    this.#handlers = handlers;
    this.#chromium = options.chromium;
    this.#tasks = new TaskLine((error) => {
      console.warn('direct connection', error);
      if (!this.#closed) handlers.onState('failed');
    });
    this.#connection = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceServers: options.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
    });
    this.#connection.onconnectionstatechange = () => this.#onState();
    this.#connection.onicecandidate = ({ candidate }) => {
      handlers.onSignal({ candidate: candidate === null ? null : candidateOf(candidate) });
    };
    if (options.role === 'offerer') void this.#tasks.run(() => this.#offer());
  }

  onDescription(description: SignalDescription): void {
    void this.#tasks.run(async () => {
      if (this.#closed) return;
      const sdp = this.#chromium ? withStartBitrate(description.sdp, DIRECT_START_KBPS) : description.sdp;
      await this.#connection.setRemoteDescription({ type: description.type, sdp });
      if (description.type === 'offer') await this.#answer();
      this.#readIncoming();
      const waiting = this.#waitingCandidates ?? [];
      this.#waitingCandidates = null;
      for (const candidate of waiting) await this.#addCandidate(candidate);
    });
  }

  onCandidate(candidate: RTCIceCandidateInit | null): void {
    if (this.#waitingCandidates !== null) this.#waitingCandidates.push(candidate);
    else void this.#tasks.run(() => this.#addCandidate(candidate));
  }

  incoming(): ReadonlyMap<MediaSource, IncomingMedia> {
    return this.#incoming;
  }

  /** A muted microphone goes on as silence: it keeps the sound's clock running and costs next to nothing. */
  setTrack(source: MediaSource, track: MediaStreamTrack | null): void {
    if (track === null) this.#tracks.delete(source);
    else this.#tracks.set(source, track);
    this.#apply(source);
  }

  setWatched(watched: readonly WatchedSource[] | null): void {
    clearTimeout(this.#shrinkTimer);
    this.#look(widestLook(this.#watched, watched));
    this.#shrinkTimer = setTimeout(() => this.#look(watched), SHRINK_AFTER_MS);
  }

  #look(watched: readonly WatchedSource[] | null): void {
    this.#watched = watched;
    this.#apply('camera');
    this.#apply('screen');
  }

  arrivals(): Promise<ReadonlyMap<string, number> | null> {
    return readArrivals(this.#connection);
  }

  counters(): Promise<LegCounters> {
    const byMid = new Map([...this.#transceivers].map(([source, { mid }]) => [mid, source]));
    return readCounters(this.#connection, (mid) => byMid.get(mid) ?? null);
  }

  setReserve(ms: number | null): void {
    for (const { receiver } of this.#transceivers.values()) setReserve(receiver, ms);
  }

  setSoundTwice(on: boolean): void {
    if (on === this.#soundTwice) return;
    this.#soundTwice = on;
    void this.#tasks.run(async () => {
      if (this.#closed) return;
      // Sound that goes on plain is no reason to end a call.
      await sendSoundTwice(this.#connection, on).catch((error: unknown) => console.warn('sound', error));
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#interruptedTimer);
    clearTimeout(this.#shrinkTimer);
    this.#connection.onconnectionstatechange = null;
    this.#connection.onicecandidate = null;
    this.#connection.close();
  }

  async #offer(): Promise<void> {
    if (this.#closed) return;
    for (const source of MEDIA_SOURCES) {
      const kind = KINDS[source];
      const transceiver = this.#connection.addTransceiver(kind, {
        direction: 'sendrecv',
        streams: [this.#streamOf(source)],
        sendEncodings: [kind === 'video' ? { maxBitrate: DIRECT_MAX_BITRATE } : {}],
      });
      if (kind === 'video') preferCodec(transceiver);
      this.#adopt(source, transceiver);
    }
    const offer = await this.#connection.createOffer();
    await this.#connection.setLocalDescription(offer);
    this.#handlers.onSignal({ description: { type: 'offer', sdp: offer.sdp ?? '' } });
  }

  async #answer(): Promise<void> {
    // Only transceivers that the offer made are part of its answer, so they are taken as they come.
    for (const [index, transceiver] of this.#connection.getTransceivers().entries()) {
      const source = MEDIA_SOURCES[index];
      if (source === undefined || this.#transceivers.has(source)) continue;
      transceiver.direction = 'sendrecv';
      if ('setStreams' in transceiver.sender) transceiver.sender.setStreams(this.#streamOf(source));
      this.#adopt(source, transceiver);
    }
    const answer = await this.#connection.createAnswer();
    await this.#connection.setLocalDescription(answer);
    this.#handlers.onSignal({ description: { type: 'answer', sdp: answer.sdp ?? '' } });
    for (const source of this.#transceivers.keys()) this.#apply(source);
  }

  #adopt(source: MediaSource, transceiver: RTCRtpTransceiver): void {
    this.#transceivers.set(source, transceiver);
    this.#controls.set(source, new SenderControl(transceiver.sender));
    this.#apply(source);
  }

  #apply(source: MediaSource): void {
    if (this.#closed) return;
    const track = this.#tracks.get(source) ?? null;
    const { width = 0, height = 0 } = track?.getSettings() ?? {};
    const encoding = planDirect(source, { width, height }, this.#watched);
    this.#controls.get(source)?.want({ track, encodings: new Map([['', encoding]]) });
  }

  #readIncoming(): void {
    for (const [source, { mid, receiver }] of this.#transceivers) {
      if (mid !== null && !this.#incoming.has(source))
        this.#incoming.set(source, new IncomingTrack(mid, receiver));
    }
    if (!this.#closed) this.#handlers.onIncoming();
  }

  async #addCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (this.#closed) return;
    // One that can't be used (a family that this host lacks, a malformed one) must not end the attempt.
    await this.#connection.addIceCandidate(candidate ?? undefined).catch(() => undefined);
  }

  #onState(): void {
    const state = legState(this.#connection.connectionState);
    clearTimeout(this.#interruptedTimer);
    if (state === 'interrupted') {
      this.#interruptedTimer = setTimeout(() => this.#handlers.onState('failed'), INTERRUPTED_LIMIT_MS);
    }
    this.#handlers.onState(state);
  }

  #streamOf(source: MediaSource): MediaStream {
    return source === 'mic' || source === 'camera' ? this.#streams.person : this.#streams.screen;
  }
}

function candidateOf({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): {
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
  usernameFragment: string | null;
} {
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
}

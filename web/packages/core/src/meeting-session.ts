// The meeting as the page sees it. A hub: it only routes between the parts, each of which stands in its own file.
import type { IceServer, JoinedMessage, ServerMessage } from '@parley/protocol';
import { ChatSender } from './chat-sender.ts';
import { conditionsOf } from './conditions.ts';
import { DirectLinks } from './direct-links.ts';
import { CalmHints } from './hints.ts';
import { LocalMedia, type DevicePreferences } from './local-media.ts';
import { MediaRouter } from './media-router.ts';
import { OwnState } from './own-state.ts';
import type { Capture, Disposer, Ports } from './ports.ts';
import { Roster } from './roster.ts';
import { ServerLink } from './server-link.ts';
import { SignalingClient, type JoinDetails } from './signaling-client.ts';
import { buildSnapshot } from './snapshot-builder.ts';
import type {
  Bars,
  ConnectionState,
  DeviceList,
  EndReason,
  Meeting,
  MeetingSnapshot,
  MeetingStats,
  TileView,
  Topology,
} from './snapshot.ts';
import { Toasts } from './toasts.ts';
import { TopologyMachine } from './topology-machine.ts';
import { ViewScheduler } from './view-scheduler.ts';
import { VoiceMonitor } from './voice-monitor.ts';
import { words } from './words.ts';

const STATS_INTERVAL_MS = 2_000;

export interface MeetingOptions {
  readonly room: string;
  readonly name: string;
  /** Whether to begin with them on. */
  readonly mic: boolean;
  readonly camera: boolean;
  readonly token: string | null;
  /** The resume token of a former page's seat; a seat that is gone gives an ordinary join. */
  readonly resume: string | null;
  readonly preferences: DevicePreferences;
  /** Devices that a page before the meeting opened already; the meeting owns them now. */
  readonly captures: { readonly microphone: Capture | null; readonly camera: Capture | null };
}

export class MeetingSession implements Meeting {
  readonly #options: MeetingOptions;
  readonly #ports: Ports;
  readonly #roster = new Roster();
  readonly #toasts: Toasts;
  readonly #hints: CalmHints;
  readonly #signaling: SignalingClient;
  readonly #server: ServerLink;
  readonly #direct: DirectLinks;
  readonly #topology: TopologyMachine;
  readonly #media: MediaRouter;
  readonly #local: LocalMedia;
  readonly #voice: VoiceMonitor;
  readonly #chat: ChatSender;
  readonly #views: ViewScheduler;
  readonly #ownState: OwnState;
  readonly #listeners = new Set<() => void>();
  readonly #disposers: Disposer[] = [];
  #connection: ConnectionState = { kind: 'connecting' };
  #iceServers: readonly IceServer[] = [];
  #name: string;
  #handUp = false;
  #dominant: string | null = null;
  #joinedWithOffer = false;
  #snapshot: MeetingSnapshot | null = null;
  #stale = true;
  #notifying = false;
  #cancelStats: Disposer = () => undefined;

  constructor(options: MeetingOptions, ports: Ports) {
    const { clock } = ports;
    const changed = (): void => this.#changed();
    this.#options = options;
    this.#ports = ports;
    this.#name = options.name;
    this.#toasts = new Toasts(clock, changed);
    this.#hints = new CalmHints(clock, changed);
    this.#signaling = new SignalingClient(options, clock, ports.socket, {
      joinDetails: () => this.#joinDetails(),
      onJoined: (message) => this.#onJoined(message),
      onMessage: (message) => this.#onMessage(message),
      onInterrupted: () => this.#setConnection({ kind: 'reconnecting', since: clock.wallTime() }),
      onEnded: (reason, message) => this.#onEnded(reason, message),
    });
    this.#chat = new ChatSender(clock, this.#signaling, this.#toasts, changed);
    this.#ownState = new OwnState((message) => this.#signaling.send(message));
    this.#views = new ViewScheduler(clock, (views) => this.#signaling.send({ type: 'view', views }));
    this.#local = new LocalMedia(ports, options.preferences, {
      onTrack: (source, track, live) => {
        this.#server.port?.setTrack(source, track, live);
        for (const { port } of this.#direct.all()) port.setTrack(source, track, live);
      },
      onChange: () => {
        this.#tellState();
        changed();
      },
      onNotice: (level, text) => this.#toasts.show(level, text),
    });
    this.#server = new ServerLink(clock, ports.legs, {
      onChange: () => this.#onMediaChanged(),
      onNewLeg: () => this.#media.onNewServerLeg(),
      requestAnswer: (offer) => this.#signaling.request({ type: 'offer', ...offer }),
      localTracks: () => this.#local.tracks(),
      onInterrupted: () => {
        if (this.#topology.inForce.mode === 'sfu') this.#toasts.show('warning', words.mediaLost);
      },
      onRefused: () => this.#toasts.show('error', words.mediaRefused),
    });
    this.#direct = new DirectLinks(clock, ports.legs, {
      send: (message) => this.#signaling.send(message),
      onState: (epoch, state) => this.#topology.onDirectState(epoch, state),
      onIncoming: () => this.#onMediaChanged(),
      localTracks: () => this.#local.tracks(),
      expects: (epoch, peer) => this.#topology.inForce.epoch === epoch && this.#media.expects(peer),
    });
    this.#topology = new TopologyMachine(clock, {
      openDirect: (epoch, peer, role) => this.#direct.open(epoch, peer, role, this.#iceServers),
      closeDirect: (epoch) => this.#direct.close(epoch),
      setServerSending: (on) => this.#server.setSending(on),
      arrived: (way) => this.#media.arrived(way),
      reportReady: (epoch) => this.#signaling.send({ type: 'ready', epoch }),
      reportFailed: (epoch, reason) => this.#signaling.send({ type: 'failed', epoch, reason }),
      onChange: () => {
        this.#media.update();
        changed();
      },
    });
    this.#media = new MediaRouter(
      clock,
      ports.audio,
      {
        roster: this.#roster,
        server: this.#server,
        direct: this.#direct,
        topology: this.#topology,
        view: () => this.#views.wanted(),
      },
      () => {
        this.#topology.touch();
        changed();
      },
    );
    this.#voice = new VoiceMonitor(clock, {
      levels: () => this.#media.levels(),
      ownLevel: () => ports.meter.level(),
      self: () => this.#roster.self,
      muted: () => this.#local.mic.state.kind !== 'on',
      onChange: changed,
    });
  }

  start(): void {
    const { microphone, camera } = this.#options.captures;
    if (microphone !== null) this.#local.adopt('microphone', microphone, this.#options.mic);
    else if (this.#options.mic) this.#local.mic.set(true);
    if (camera !== null) this.#local.adopt('camera', camera, this.#options.camera);
    else if (this.#options.camera) this.#local.camera.set(true);
    this.#disposers.push(
      this.#ports.audio.onRefused(() => this.#toasts.show('warning', words.soundRefused)),
      this.#ports.network.onChange(() => {
        this.#signaling.hurry();
        this.#server.onNetworkChange();
      }),
    );
    this.#voice.start();
    this.#sampleStats();
    void this.#local.start();
    this.#signaling.start();
  }

  snapshot(): MeetingSnapshot {
    if (!this.#stale && this.#snapshot !== null) return this.#snapshot;
    const snapshot = buildSnapshot(
      { roster: this.#roster, shown: this.#media.shown, local: this.#local, speaking: this.#voice.speaking },
      {
        ownName: this.#name,
        room: this.#options.room,
        connection: this.#connection,
        topology: this.#topologyShown(),
        dominantSpeaker: this.#dominantSpeaker(),
        chat: this.#chat.log.messages(),
        unreadChat: this.#chat.log.unread,
        handUp: this.#handUp,
        speakingWhileMuted: this.#voice.speakingWhileMuted,
        toasts: this.#toasts.list(),
        hints: this.#hints.list(),
        direct: this.#directShown(),
      },
      this.#snapshot,
    );
    this.#snapshot = snapshot;
    this.#stale = false;
    return snapshot;
  }

  subscribe(listener: () => void): Disposer {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setMic(on: boolean): void {
    this.#local.mic.set(on);
  }

  setCamera(on: boolean): void {
    this.#local.camera.set(on);
  }

  setScreenShare(on: boolean): void {
    this.#local.screen.set(on);
  }

  setHand(up: boolean): void {
    this.#handUp = up;
    this.#tellState();
    this.#changed();
  }

  sendChat(text: string): void {
    this.#chat.send(text, this.#name);
  }

  retryChat(key: string): void {
    this.#chat.retry(key);
  }

  setChatOpen(open: boolean): void {
    this.#chat.log.setOpen(open);
    this.#changed();
  }

  rename(name: string): void {
    const wanted = name.trim();
    if (wanted !== '' && wanted !== this.#name) void this.#rename(wanted);
  }

  setView(tiles: readonly TileView[]): void {
    this.#views.set(tiles.filter((tile) => tile.participant !== this.#roster.self));
    this.#topology.touch();
  }

  dismissToast(id: number): void {
    this.#toasts.dismiss(id);
  }

  leave(): void {
    this.#signaling.leave(false);
  }

  /** The page goes: as leave(), but a page that is back at once finds its seat by resumeToken(). */
  pageGone(): void {
    this.#signaling.leave(true);
  }

  resumeToken(): string | null {
    return this.#signaling.resumeToken;
  }

  micLevel(): number {
    // Loudness is heard roughly by its root: quiet speech should move a meter, too.
    return Math.min(1, 1.6 * Math.sqrt(this.#ports.meter.level()));
  }

  devices(): DeviceList {
    return this.#local.devices();
  }

  subscribeDevices(listener: () => void): Disposer {
    return this.#local.subscribeDevices(listener);
  }

  async chooseDevice(kind: 'microphone' | 'camera' | 'speaker', id: string): Promise<void> {
    await this.#local.choose(kind, id);
  }

  stats(): Promise<MeetingStats> {
    return this.#media.stats(this.#topologyShown());
  }

  async #joinDetails(): Promise<JoinDetails> {
    const offer = await this.#server.offerForJoin();
    this.#joinedWithOffer = offer !== null;
    const state = { ...this.#local.state(), hand: this.#handUp };
    return { name: this.#name, state, offer, chatSeq: this.#chat.log.lastSeq };
  }

  #onJoined(message: JoinedMessage): void {
    this.#roster.reset(message.self, message.participants);
    this.#iceServers = message.ice_servers;
    this.#direct.forgetWatched();
    this.#chat.onJoined(message);
    void this.#server.onJoined(message.answer?.sdp ?? null, this.#joinedWithOffer, message.resumed);
    this.#setConnection({ kind: 'connected' });
    this.#ownState.onJoined(this.#roster.get(message.self), this.#fullState());
    this.#views.resend();
    if (message.resumed) this.#topology.resume(message.topology);
    else this.#topology.restart(message.topology);
  }

  #onMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'roster':
        this.#roster.apply(message);
        for (const { id, camera, screen, hand } of message.changed) {
          if (id === this.#roster.self && hand !== undefined && this.#ownState.handLowered(hand > 0)) {
            this.#handUp = false;
          }
          if (camera === false) this.#media.shown.forget(id, 'camera');
          if (screen === false) this.#media.shown.forget(id, 'screen');
        }
        this.#onMediaChanged();
        break;
      case 'topology':
        this.#topology.onTopology(message);
        break;
      case 'signal':
        this.#direct.onSignal(message);
        break;
      case 'slots':
        this.#media.onSlots(message.slots);
        this.#topology.touch();
        break;
      case 'layers':
        this.#server.port?.setLayers(message.source, message.rids);
        break;
      case 'codecs':
        this.#server.setCodecs(message.video);
        break;
      case 'watched':
        this.#direct.setWatched(message.by, message.sources);
        break;
      case 'speaker':
        this.#dominant = message.participant;
        break;
      case 'quality':
        for (const { id, bars } of message.participants) this.#roster.setBars(id, bars);
        break;
      case 'chat':
        this.#chat.receive(message.message);
        break;
      case 'error':
        this.#toasts.show('error', message.message);
        break;
      case 'notice':
        this.#toasts.show('info', message.message);
        break;
      default:
        return;
    }
    this.#changed();
  }

  #onEnded(reason: EndReason, message: string): void {
    this.#cancelStats();
    this.#hints.close();
    for (const dispose of this.#disposers) dispose();
    this.#voice.close();
    this.#views.close();
    this.#topology.reset();
    this.#media.close();
    this.#server.close();
    this.#local.close();
    this.#setConnection({ kind: 'ended', reason, message: message === '' ? words.left : message });
  }

  #onMediaChanged(): void {
    this.#media.update();
    this.#topology.touch();
    this.#changed();
  }

  #tellState(): void {
    this.#ownState.tell(this.#fullState());
  }

  #fullState(): { mic: boolean; camera: boolean; screen: boolean; hand: boolean } {
    return { ...this.#local.state(), hand: this.#handUp };
  }

  async #rename(name: string): Promise<void> {
    const before = this.#name;
    this.#name = name;
    this.#changed();
    if (!this.#signaling.joined) return;
    const reply = await this.#signaling.request({ type: 'rename', name });
    if (reply.kind !== 'error') return;
    if (this.#name === name) this.#name = before;
    this.#toasts.show('error', reply.error.message);
  }

  #topologyShown(): Topology {
    const way = this.#topology.inForce;
    if (way.mode === 'sfu') return this.#server.wasConnected ? 'sfu' : 'connecting';
    if (way.mode === 'p2p')
      return this.#topology.directState(way.epoch) === 'connecting' ? 'connecting' : 'p2p';
    return 'connecting';
  }

  /** On a direct call the server hears nothing: the other one dominates while speaking. */
  #dominantSpeaker(): string | null {
    const way = this.#topology.inForce;
    if (way.mode !== 'p2p') return this.#dominant;
    return this.#voice.speaking.speaking(way.peer) ? way.peer : null;
  }

  #sampleStats(): void {
    this.#cancelStats = this.#ports.clock.after(STATS_INTERVAL_MS, () => {
      void this.#reportHealth();
      this.#sampleStats();
    });
  }

  async #reportHealth(): Promise<void> {
    const { directBars, deviceSlow } = this.#media;
    const health = await this.#media.sampleStats();
    if (health !== null) this.#signaling.send(health);
    if (directBars !== this.#media.directBars || deviceSlow !== this.#media.deviceSlow) this.#changed();
  }

  #directShown(): { peer: string; bars: Bars } | null {
    const way = this.#topology.inForce;
    return way.mode === 'p2p' ? { peer: way.peer, bars: this.#media.directBars } : null;
  }

  /** Hints say what the person can see, so they follow the snapshot. */
  #updateHints(): void {
    if (this.#connection.kind === 'ended') return;
    const { participants } = this.snapshot();
    this.#hints.update(
      conditionsOf({
        media: this.#mediaCondition(),
        deviceSlow: this.#media.deviceSlow,
        own: participants.find((participant) => participant.self)?.bars ?? 3,
        others: participants.filter((participant) => !participant.self),
        direct: this.#topology.inForce.mode === 'p2p',
      }),
    );
  }

  #mediaCondition(): 'works' | 'never' | 'lost' {
    // Without the server's word nothing can be said of media; that is said elsewhere.
    if (this.#connection.kind !== 'connected') return 'works';
    const way = this.#topology.inForce;
    if (way.mode === 'p2p' && this.#topology.directState(way.epoch) === 'connected') return 'works';
    if (this.#server.connected) return 'works';
    return this.#server.wasConnected ? 'lost' : 'never';
  }

  #setConnection(connection: ConnectionState): void {
    this.#connection = connection;
    this.#changed();
  }

  #changed(): void {
    this.#stale = true;
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => {
      this.#notifying = false;
      this.#updateHints();
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

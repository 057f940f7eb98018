// The connection to the server: sources that are sent first, then the receiving slots, all in one offer.
import type { IncomingMedia, LegCounters, LegState, ServerLegHandlers, ServerLegPort } from '@parley/core';
import type { MediaSource, OfferBody } from '@parley/protocol';
import { CameraStart } from './camera-start.ts';
import { IncomingTrack } from './incoming-track.ts';
import { readCounters } from './leg-counters.ts';
import { legState, TaskLine } from './leg-state.ts';
import { setReserve } from './playout.ts';
import { preferCodec } from './sdp-quirks.ts';
import { SenderControl, type WantedEncoding } from './sender-control.ts';
import { sendSoundTwice, soundOrder } from './sound-twice.ts';
import { chooseCodec, negotiatedCodec, planCodec, type VideoCodec } from './video-codec.ts';

const AUDIO_SLOTS = 6;
const VIDEO_SLOTS = 10;
const VIDEO_SLOTS_PHONE = 5;
const SCREEN_MAX_BITRATE = 2_500_000;

interface Source {
  readonly transceiver: RTCRtpTransceiver;
  readonly control: SenderControl;
  track: MediaStreamTrack | null;
  live: boolean;
  /** null: the server said nothing yet, everything is wanted. */
  rids: readonly string[] | null;
}

export interface ServerLegOptions {
  readonly phone: boolean;
  /** The codec to send where everybody takes it; null: the usual one, without another word. */
  readonly codec: VideoCodec | null;
}

export class BrowserServerLeg implements ServerLegPort {
  readonly #connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  readonly #handlers: ServerLegHandlers;
  readonly #sources: ReadonlyMap<MediaSource, Source>;
  readonly #receiving: readonly RTCRtpTransceiver[];
  readonly #slots = new Map<string, IncomingTrack>();
  readonly #tasks = new TaskLine((error) => console.warn('server connection', error));
  readonly #start = new CameraStart(() => this.#apply('camera'));
  readonly #askedCodec: VideoCodec | null;
  #roomCodecs: readonly string[] = [];
  #sending = false;
  #soundTwice = false;
  #closed = false;

  constructor(options: ServerLegOptions, handlers: ServerLegHandlers) {
    this.#handlers = handlers;
    this.#askedCodec = options.codec;
    this.#sources = this.#addSources();
    this.#receiving = this.#addSlots(options.phone ? VIDEO_SLOTS_PHONE : VIDEO_SLOTS);
    this.#connection.onconnectionstatechange = () =>
      this.#tellState(legState(this.#connection.connectionState));
  }

  async createOffer(restart: boolean): Promise<OfferBody> {
    let sdp = '';
    await this.#tasks.run(async () => {
      const offer = await this.#connection.createOffer({ iceRestart: restart });
      await this.#connection.setLocalDescription(offer);
      sdp = this.#connection.localDescription?.sdp ?? offer.sdp ?? '';
    });
    const sources = [...this.#sources].flatMap(([source, { transceiver }]) =>
      transceiver.mid === null ? [] : [{ mid: transceiver.mid, source }],
    );
    return { sdp, sources };
  }

  async acceptAnswer(sdp: string): Promise<void> {
    await this.#tasks.run(async () => {
      if (this.#connection.signalingState !== 'have-local-offer') return;
      await this.#connection.setRemoteDescription({
        type: 'answer',
        sdp: soundOrder(sdp, this.#soundTwice),
      });
      for (const { mid, receiver } of this.#receiving) {
        if (mid !== null && !this.#slots.has(mid)) this.#slots.set(mid, new IncomingTrack(mid, receiver));
      }
      // What was set before the negotiation may not have reached every encoding.
      for (const source of this.#sources.keys()) this.#apply(source);
    });
  }

  setSending(on: boolean): void {
    this.#sending = on;
    for (const source of this.#sources.keys()) this.#apply(source);
  }

  setTrack(source: MediaSource, track: MediaStreamTrack | null, live: boolean): void {
    const state = this.#sources.get(source);
    if (state === undefined) return;
    state.track = track;
    state.live = live;
    this.#apply(source);
  }

  setLayers(source: MediaSource, rids: readonly string[]): void {
    const state = this.#sources.get(source);
    if (state === undefined) return;
    state.rids = rids;
    this.#apply(source);
  }

  setCodecs(codecs: readonly string[]): void {
    this.#roomCodecs = codecs;
    for (const source of this.#sources.keys()) this.#apply(source);
  }

  slots(): ReadonlyMap<string, IncomingMedia> {
    return this.#slots;
  }

  counters(): Promise<LegCounters> {
    const byMid = new Map([...this.#sources].map(([source, { transceiver }]) => [transceiver.mid, source]));
    return readCounters(this.#connection, (mid) => byMid.get(mid) ?? null);
  }

  setReserve(ms: number | null): void {
    for (const { receiver } of this.#receiving) setReserve(receiver, ms);
  }

  setSoundTwice(on: boolean): void {
    if (on === this.#soundTwice) return;
    this.#soundTwice = on;
    void this.#tasks.run(async () => {
      if (!this.#closed) await sendSoundTwice(this.#connection, on);
    });
  }

  close(): void {
    this.#closed = true;
    this.#start.stop();
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }

  #tellState(state: LegState): void {
    if (!this.#closed) this.#handlers.onState(state);
  }

  #addSources(): ReadonlyMap<MediaSource, Source> {
    // Sound and picture of one stream are kept in time with each other by the receiver.
    const person = new MediaStream();
    const screen = new MediaStream();
    const add = (
      kind: 'audio' | 'video',
      stream: MediaStream,
      sendEncodings: RTCRtpEncodingParameters[],
    ): Source => {
      const transceiver = this.#connection.addTransceiver(kind, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings,
      });
      // The server takes the dependency descriptor, which VP9's layers want, where VP8 isn't the first.
      if (kind === 'video') preferCodec(transceiver, this.#askedCodec ?? 'vp8');
      return {
        transceiver,
        control: new SenderControl(transceiver.sender),
        track: null,
        live: false,
        rids: null,
      };
    };
    const layers = planCodec(this.#askedCodec ?? 'vp8', 0, 0, []).map((layer) => ({ ...layer }));
    return new Map<MediaSource, Source>([
      ['mic', add('audio', person, [{ active: false }])],
      ['camera', add('video', person, layers)],
      ['screen', add('video', screen, [{ active: false, maxBitrate: SCREEN_MAX_BITRATE }])],
      ['screen-audio', add('audio', screen, [{ active: false }])],
    ]);
  }

  #addSlots(videoSlots: number): readonly RTCRtpTransceiver[] {
    const slots: RTCRtpTransceiver[] = [];
    for (let index = 0; index < AUDIO_SLOTS; index += 1) {
      slots.push(this.#connection.addTransceiver('audio', { direction: 'recvonly' }));
    }
    for (let index = 0; index < videoSlots; index += 1) {
      const transceiver = this.#connection.addTransceiver('video', { direction: 'recvonly' });
      preferCodec(transceiver);
      slots.push(transceiver);
    }
    return slots;
  }

  #apply(source: MediaSource): void {
    const state = this.#sources.get(source);
    if (state === undefined || this.#closed) return;
    const on = this.#sending && state.live && state.track !== null && state.rids?.length !== 0;
    state.control.want({ track: on ? state.track : null, encodings: this.#encodings(source, state, on) });
  }

  #encodings(source: MediaSource, state: Source, on: boolean): ReadonlyMap<string, WantedEncoding> {
    const chosen = this.#codec(state);
    const codec = chosen === null ? {} : { codec: chosen.negotiated };
    if (source === 'screen') return new Map([['', { active: on, ...codec }]]);
    if (source !== 'camera') return new Map([['', { active: on }]]);
    const { width = 0, height = 0 } = state.track?.getSettings() ?? {};
    const layers = this.#start.next(planCodec(chosen?.codec ?? 'vp8', width, height, on ? state.rids : []));
    return new Map(layers.map(({ rid, ...layer }) => [rid, { ...layer, ...codec }]));
  }

  /** null: nobody asked, or nothing is negotiated yet. */
  #codec(state: Source): { readonly codec: VideoCodec; readonly negotiated: RTCRtpCodec } | null {
    if (this.#askedCodec === null) return null;
    const codec = chooseCodec(this.#askedCodec, this.#roomCodecs);
    const negotiated = negotiatedCodec(state.transceiver.sender.getParameters().codecs, codec);
    return negotiated === undefined ? null : { codec, negotiated };
  }
}

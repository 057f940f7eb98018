// Runs in the receiver's page before anything of its own: keeps its peer connections and the time of every picture shown,
// for what window.parley.stats() doesn't tell.
import type { Person } from '../../e2e/support/person.ts';

export interface ShownFrame {
  /** performance.now() of the animation frame that showed it. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  /** Frames the browser has shown so far, also those this page was too late to see. */
  readonly presented: number;
}

export interface VideoCounters {
  readonly framesDecoded: number;
  readonly freezeCount: number;
  readonly totalFreezesDuration: number;
}

export interface Sample {
  readonly at: number;
  /** Of all received streams together. */
  readonly bytes: number;
  /** Of the audio streams that ever got a packet. */
  readonly audio: {
    readonly packets: number;
    readonly lost: number;
    readonly samples: number;
    readonly concealed: number;
  };
  readonly nacks: number;
  readonly keyFrames: number;
  /** By participant. */
  readonly video: Readonly<Record<string, VideoCounters>>;
  /** By participant, those since the last sample. */
  readonly frames: Readonly<Record<string, readonly ShownFrame[]>>;
}

/** What a publisher makes of its camera, and why not more. */
export interface SentLayer {
  readonly rid: string;
  readonly width: number;
  readonly frames: number;
  readonly limit: string;
  readonly target_kbps: number;
}

export interface Sent {
  readonly available_kbps: number;
  readonly layers: readonly SentLayer[];
}

declare global {
  interface Window {
    labSample?: () => Promise<Sample>;
    labSent?: () => Promise<Sent>;
  }
}

export async function sent(person: Person): Promise<Sent> {
  const said = await person.page.evaluate(() => window.labSent?.());
  if (said === undefined) throw new Error(`no probe in the page of ${person.name}`);
  return said;
}

export async function sample(person: Person): Promise<Sample> {
  const taken = await person.page.evaluate(() => window.labSample?.());
  if (taken === undefined) throw new Error(`no probe in the page of ${person.name}`);
  return taken;
}

/** Must not use anything from outside itself. */
export function installProbe(): void {
  const peers = new Set<RTCPeerConnection>();
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, parameters: ConstructorParameters<typeof RTCPeerConnection>) {
      const peer = new target(...parameters);
      peers.add(peer);
      return peer;
    },
  });

  const kMostFrames = 10_000;
  const shown = new Map<string, ShownFrame[]>();
  const followed = new WeakSet<HTMLVideoElement>();
  const follow = (video: HTMLVideoElement): void => {
    if (followed.has(video)) return;
    followed.add(video);
    const onFrame: VideoFrameRequestCallback = (at, { width, height, presentedFrames }) => {
      const tile = video.closest<HTMLElement>('[data-testid="tile"][data-source="camera"]');
      const participant = tile?.dataset['participant'];
      if (participant !== undefined) {
        const frames = shown.get(participant) ?? [];
        shown.set(participant, frames);
        if (frames.length < kMostFrames) frames.push({ at, width, height, presented: presentedFrames });
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  };
  window.setInterval(() => {
    for (const video of document.querySelectorAll<HTMLVideoElement>('[data-testid="tile"] video'))
      follow(video);
  }, 100);

  window.labSample = async () => {
    const total = { bytes: 0, nacks: 0, keyFrames: 0 };
    const audio = { packets: 0, lost: 0, samples: 0, concealed: 0 };
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== 'inbound-rtp') continue;
        total.bytes += stat.bytesReceived + stat.headerBytesReceived;
        total.nacks += stat.nackCount ?? 0;
        total.keyFrames += stat.keyFramesDecoded ?? 0;
        if (stat.kind !== 'audio' || stat.packetsReceived === 0) continue;
        audio.packets += stat.packetsReceived;
        audio.lost += stat.packetsLost;
        audio.samples += stat.totalSamplesReceived;
        audio.concealed += stat.concealedSamples;
      }
    }
    const video: Record<string, VideoCounters> = {};
    for (const one of (await window.parley?.stats())?.received ?? []) {
      if (one.source !== 'camera') continue;
      const { framesDecoded, freezeCount, totalFreezesDuration } = one;
      video[one.participant] = { framesDecoded, freezeCount, totalFreezesDuration };
    }
    const frames = Object.fromEntries(shown);
    shown.clear();
    return { at: performance.now(), ...total, audio, video, frames };
  };

  window.labSent = async () => {
    let available = 0;
    const layers: SentLayer[] = [];
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type === 'candidate-pair' && stat.nominated === true)
          available = Math.max(available, stat.availableOutgoingBitrate ?? 0);
        if (stat.type !== 'outbound-rtp' || stat.kind !== 'video' || (stat.framesEncoded ?? 0) === 0)
          continue;
        layers.push({
          rid: stat.rid ?? '',
          width: stat.frameWidth ?? 0,
          frames: stat.framesEncoded,
          limit: stat.qualityLimitationReason ?? '',
          target_kbps: Math.round((stat.targetBitrate ?? 0) / 1000),
        });
      }
    }
    return { available_kbps: Math.round(available / 1000), layers };
  };
}

/**
 * For publishers: their estimate of their own uplink doesn't fall below 3 Mbit/s. They stand beside the server and have no
 * bad network, but where processors are scarce their estimator takes waiting for one as a queue and stays at its floor, and
 * a top layer that isn't sent can't be received. The page writes a start bitrate, so there is a place for it. Must not use anything
 * from outside itself.
 */
export function holdUplink(): void {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (this: RTCPeerConnection, description) {
    const rates = 'x-google-min-bitrate=3000;x-google-start-bitrate=3000';
    const sdp = (description.sdp ?? '').replaceAll(/x-google-start-bitrate=\d+/gu, rates);
    return Reflect.apply(set, this, [{ type: description.type, sdp }]) as Promise<void>;
  } as typeof set;
}

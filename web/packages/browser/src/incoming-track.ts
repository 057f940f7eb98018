// A receiving m-line of a real RTCPeerConnection.
import type { Disposer, IncomingMedia } from '@parley/core';
import { numberOf, watchFirstFrame, watchFirstPacket } from './first-media.ts';

/** A level that no packet renewed for this long is silence. */
const LEVEL_KEPT_MS = 600;

export class IncomingTrack implements IncomingMedia {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly track: MediaStreamTrack;
  readonly #receiver: RTCRtpReceiver;
  #lastStamp = 0;
  #renewedAt = 0;
  #statsLevel = 0;

  constructor(mid: string, receiver: RTCRtpReceiver) {
    this.mid = mid;
    this.#receiver = receiver;
    this.track = receiver.track;
    this.kind = receiver.track.kind === 'audio' ? 'audio' : 'video';
  }

  watchFirst(rtpTimestamp: number | null, onFirst: () => void): Disposer {
    return this.kind === 'video'
      ? watchFirstFrame(this.#receiver, rtpTimestamp, onFirst)
      : watchFirstPacket(this.#receiver, onFirst);
  }

  level(): number {
    const source = this.#receiver.getSynchronizationSources()[0];
    if (source?.audioLevel === undefined) {
      void this.#readStatsLevel();
      return this.#statsLevel;
    }
    const now = performance.now();
    if (source.timestamp !== this.#lastStamp) {
      this.#lastStamp = source.timestamp;
      this.#renewedAt = now;
    }
    return now - this.#renewedAt < LEVEL_KEPT_MS ? source.audioLevel : 0;
  }

  /** Without the header extension for levels, the decoder knows. */
  async #readStatsLevel(): Promise<void> {
    const report = await this.#receiver.getStats().catch(() => null);
    let level = 0;
    report?.forEach((stat: Readonly<Record<string, unknown>>) => {
      if (stat.type === 'inbound-rtp') level = Math.max(level, numberOf(stat, 'audioLevel'));
    });
    this.#statsLevel = level;
  }
}

// When does a receiving track show something new? A probe that ends with the first frame or packet.
import type { Disposer } from '@parley/core';

const POLL_MS = 100;
/** The frame callback is the exact answer; after this time the decoder's counter is believed. */
const COUNTER_TRUSTED_AFTER_MS = 500;

/** Whether RTP timestamp `a` is at or after `b`, over the wrap of 32 bits. */
export function atOrAfter(a: number, b: number): boolean {
  return (a - b) >>> 0 < 0x8000_0000;
}

export function numberOf(stat: Readonly<Record<string, unknown>>, name: string): number {
  const value = stat[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

async function counterOf(
  receiver: RTCRtpReceiver,
  name: 'framesDecoded' | 'packetsReceived',
): Promise<number> {
  let count = 0;
  const report = await receiver.getStats();
  report.forEach((stat: Readonly<Record<string, unknown>>) => {
    if (stat.type === 'inbound-rtp') count = Math.max(count, numberOf(stat, name));
  });
  return count;
}

/** Calls back at the first audio packet after now. */
export function watchFirstPacket(receiver: RTCRtpReceiver, onFirst: () => void): Disposer {
  return pollCounter(
    receiver,
    'packetsReceived',
    (count, first) => count > first,
    () => POLL_MS,
    onFirst,
  );
}

/** Calls back at the first decoded frame after now, or after `rtpTimestamp` when the browser tells frames' timestamps. */
export function watchFirstFrame(
  receiver: RTCRtpReceiver,
  rtpTimestamp: number | null,
  onFirst: () => void,
): Disposer {
  let over = false;
  const began = performance.now();
  const video = document.createElement('video');
  const finish = (): void => {
    if (over) return;
    stop();
    onFirst();
  };
  // Hidden pages present no frames but decode them.
  const untrustedMs = (): number =>
    document.hidden ? 0 : began + COUNTER_TRUSTED_AFTER_MS - performance.now();
  const stopPolling = pollCounter(
    receiver,
    'framesDecoded',
    (count, first) => count > first + 1 && untrustedMs() <= 0,
    () => Math.max(POLL_MS, untrustedMs()),
    finish,
  );
  const stop = (): void => {
    over = true;
    stopPolling();
    video.srcObject = null;
  };
  const onFrame = (_now: number, frame: VideoFrameCallbackMetadata): void => {
    if (over) return;
    const late =
      rtpTimestamp === null ||
      frame.rtpTimestamp === undefined ||
      atOrAfter(frame.rtpTimestamp, rtpTimestamp);
    if (late) finish();
    else video.requestVideoFrameCallback(onFrame);
  };
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([receiver.track]);
  if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(onFrame);
  video.play().catch(() => undefined);
  return stop;
}

function pollCounter(
  receiver: RTCRtpReceiver,
  name: 'framesDecoded' | 'packetsReceived',
  enough: (count: number, first: number) => boolean,
  pauseMs: () => number,
  onEnough: () => void,
): Disposer {
  let first: number | null = null;
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const poll = async (): Promise<void> => {
    const count = await counterOf(receiver, name).catch(() => 0);
    if (over) return;
    first ??= count;
    if (enough(count, first)) {
      over = true;
      onEnough();
      return;
    }
    timer = setTimeout(() => void poll(), pauseMs());
  };
  void poll();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

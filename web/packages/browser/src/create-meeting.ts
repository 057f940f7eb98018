// The meeting on a real page: every port on the browser's own.
import { MeetingSession, type LegFactory, type Meeting } from '@parley/core';
import { BrowserAudioOutput } from './audio-output.ts';
import { browserClock } from './clock.ts';
import { BrowserDirectLeg } from './direct-leg.ts';
import { BrowserLevelMeter } from './level-meter.ts';
import { BrowserMediaDevices } from './media-devices.ts';
import { BrowserNetwork } from './network.ts';
import { browserFamily, isPhone } from './platform.ts';
import { BrowserServerLeg } from './server-leg.ts';
import { BrowserSockets, defaultSocketUrl } from './socket.ts';
import { TrackCapture } from './track-capture.ts';
import { isVideoCodec } from './video-codec.ts';

export interface CreateMeetingOptions {
  readonly room: string;
  readonly name: string;
  /** Whether to begin with them on; false when absent. */
  readonly mic?: boolean | undefined;
  readonly camera?: boolean | undefined;
  /** Access token, if the server wants one. */
  readonly token?: string | undefined;
  /** What the page before a reload said in resumeToken(). */
  readonly resume?: string | undefined;
  /** Devices to prefer, by id. */
  readonly devices?:
    | {
        readonly microphone?: string | null | undefined;
        readonly camera?: string | null | undefined;
        readonly speaker?: string | null | undefined;
      }
    | undefined;
  /** Tracks that a page before the meeting captured; the meeting owns and stops them from here on. */
  readonly tracks?:
    | {
        readonly microphone?: MediaStreamTrack | null | undefined;
        readonly camera?: MediaStreamTrack | null | undefined;
      }
    | undefined;
  /** The codec to send where everybody takes it, such as vp9; VP8 when absent. */
  readonly codec?: string | undefined;
  /** Where the server listens; this page's own server when absent. */
  readonly url?: string | undefined;
}

/** Joins at once; the snapshot says how far it is. leave() ends it and releases everything. */
export function createMeeting(options: CreateMeetingOptions): Meeting {
  const family = browserFamily(navigator.userAgent);
  const chromium = family === 'chromium';
  const codec = options.codec !== undefined && isVideoCodec(options.codec) ? options.codec : null;
  const legs: LegFactory = {
    createServerLeg: (handlers) =>
      new BrowserServerLeg({ phone: isPhone(navigator.userAgent), codec: chromium ? codec : null }, handlers),
    createDirectLeg: (role, iceServers, handlers) =>
      new BrowserDirectLeg({ chromium, role, iceServers }, handlers),
  };
  const capture = (track: MediaStreamTrack | null | undefined): TrackCapture | null =>
    track?.readyState === 'live' ? new TrackCapture(track) : null;
  const session = new MeetingSession(
    {
      room: options.room,
      name: options.name,
      mic: options.mic ?? false,
      camera: options.camera ?? false,
      token: options.token ?? null,
      resume: options.resume ?? null,
      preferences: {
        microphone: options.devices?.microphone ?? null,
        camera: options.devices?.camera ?? null,
        speaker: options.devices?.speaker ?? null,
      },
      captures: { microphone: capture(options.tracks?.microphone), camera: capture(options.tracks?.camera) },
    },
    {
      clock: browserClock,
      socket: new BrowserSockets(options.url ?? defaultSocketUrl(window.location)),
      legs,
      audio: new BrowserAudioOutput(),
      devices: browserMediaDevices(),
      meter: new BrowserLevelMeter(),
      network: new BrowserNetwork(),
    },
  );
  leaveWithPage(session);
  session.start();
  return session;
}

/** For pages before the meeting: the same constraints, and problems in the same words. */
export function browserMediaDevices(): BrowserMediaDevices {
  const devices = 'mediaDevices' in navigator ? navigator.mediaDevices : undefined;
  return new BrowserMediaDevices(devices, browserFamily(navigator.userAgent));
}

/** A closed page would otherwise keep its seat, and a ghost in it, for a minute. */
function leaveWithPage(session: MeetingSession): void {
  const onHide = (event: PageTransitionEvent): void => {
    if (!event.persisted) session.pageGone();
  };
  window.addEventListener('pagehide', onHide);
  const forget = session.subscribe(() => {
    if (session.snapshot().connection.kind !== 'ended') return;
    window.removeEventListener('pagehide', onHide);
    forget();
  });
}

// Microphones, cameras and screens of the real browser.
import type {
  Capture,
  CaptureKind,
  CaptureResult,
  DeviceChoice,
  Disposer,
  MediaDevicesPort,
  ScreenCapture,
} from '@parley/core';
import { captureProblem, insecureProblem, isDeviceGone, screenProblem } from './capture-problems.ts';
import type { BrowserFamily } from './platform.ts';
import { TrackCapture } from './track-capture.ts';

const MIC: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
// Below 960x540 Chromium makes fewer layers (layer-plan.ts), so ask for more and take what there is.
const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};

function refused(problem: CaptureResult<never> & { ok: false }): typeof problem {
  return problem;
}

function constraintsFor(kind: CaptureKind, deviceId: string | null): MediaStreamConstraints {
  const device = deviceId === null ? {} : { deviceId: { exact: deviceId } };
  return kind === 'microphone' ? { audio: { ...MIC, ...device } } : { video: { ...CAMERA, ...device } };
}

export class BrowserMediaDevices implements MediaDevicesPort {
  /** Missing on pages that are not secure, whatever the types say. */
  readonly #devices: MediaDevices | undefined;
  readonly #family: BrowserFamily;

  constructor(devices: MediaDevices | undefined, family: BrowserFamily) {
    this.#devices = devices;
    this.#family = family;
  }

  async open(kind: CaptureKind, deviceId: string | null): Promise<CaptureResult<Capture>> {
    if (this.#devices === undefined) return refused({ ok: false, problem: insecureProblem() });
    try {
      const stream = await this.#devices.getUserMedia(constraintsFor(kind, deviceId));
      const track = stream.getTracks()[0];
      if (track !== undefined) return { ok: true, value: new TrackCapture(track) };
      return refused({ ok: false, problem: captureProblem(null, kind, this.#family) });
    } catch (error) {
      if (deviceId !== null && isDeviceGone(error)) return this.open(kind, null);
      return refused({ ok: false, problem: captureProblem(error, kind, this.#family) });
    }
  }

  /**
   * Has the browser put one question for microphone and camera instead of two. Until the result is called both stay open, as
   * open() opens them: Chromium keeps a camera as large as it was first opened. null: refused, or there aren't both.
   */
  async askForBoth(): Promise<Disposer | null> {
    try {
      const both = { ...constraintsFor('microphone', null), ...constraintsFor('camera', null) };
      const stream = await this.#devices?.getUserMedia(both);
      return () => {
        for (const track of stream?.getTracks() ?? []) track.stop();
      };
    } catch {
      return null;
    }
  }

  async openScreen(): Promise<CaptureResult<ScreenCapture>> {
    const devices = this.#devices;
    if (devices === undefined) return refused({ ok: false, problem: insecureProblem() });
    try {
      const stream = await devices.getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 } },
        // A shared tab's sound must not be taken for an echo.
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
      const video = stream.getVideoTracks()[0];
      const audio = stream.getAudioTracks()[0];
      if (video === undefined) return refused({ ok: false, problem: screenProblem(null) });
      // Sharp text rather than smooth motion when bandwidth is short.
      video.contentHint = 'detail';
      return {
        ok: true,
        value: {
          video: new TrackCapture(video),
          audio: audio === undefined ? null : new TrackCapture(audio),
        },
      };
    } catch (error) {
      return refused({ ok: false, problem: screenProblem(error) });
    }
  }

  async list(): Promise<{ microphones: DeviceChoice[]; cameras: DeviceChoice[]; speakers: DeviceChoice[] }> {
    const all = (await this.#devices?.enumerateDevices().catch(() => [])) ?? [];
    const choices = (kind: MediaDeviceKind, word: string): DeviceChoice[] =>
      all
        .filter((device) => device.kind === kind)
        .map((device, index) => ({
          id: device.deviceId,
          label: device.label === '' ? `${word} ${index + 1}` : device.label,
        }));
    return {
      microphones: choices('audioinput', 'Microphone'),
      cameras: choices('videoinput', 'Camera'),
      speakers: choices('audiooutput', 'Speaker'),
    };
  }

  onChange(listener: () => void): Disposer {
    this.#devices?.addEventListener('devicechange', listener);
    return () => this.#devices?.removeEventListener('devicechange', listener);
  }
}

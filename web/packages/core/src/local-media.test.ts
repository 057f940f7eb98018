import { beforeEach, describe, expect, it } from 'vitest';
import { LocalMedia } from './local-media.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeDevices } from './testing/fake-devices.ts';
import { FakeAudioOutput, FakeMeter } from './testing/fake-media.ts';

describe('LocalMedia', () => {
  let devices: FakeDevices;
  let audio: FakeAudioOutput;
  let meter: FakeMeter;
  let notices: string[];
  let tracks: [string, string | null, boolean][];
  let local: LocalMedia;

  beforeEach(() => {
    devices = new FakeDevices();
    audio = new FakeAudioOutput();
    meter = new FakeMeter();
    notices = [];
    tracks = [];
    local = new LocalMedia(
      { devices, audio, meter },
      { microphone: 'm1', camera: null, speaker: null },
      {
        onTrack: (source, track, live) => tracks.push([source, track?.id ?? null, live]),
        onChange: () => undefined,
        onNotice: (_level, text) => notices.push(text),
      },
    );
  });

  it('opens the preferred microphone and keeps it while muted', async () => {
    local.mic.set(true);
    await settle();
    local.mic.set(false);
    local.mic.set(true);
    expect(devices.asked).toEqual([{ kind: 'microphone', deviceId: 'm1' }]);
    expect(tracks).toEqual([
      ['mic', 'microphone 1', true],
      ['mic', 'microphone 1', false],
      ['mic', 'microphone 1', true],
    ]);
    expect(meter.watched?.id).toBe('microphone 1');
  });

  it('releases the camera when it goes off', async () => {
    local.camera.set(true);
    await settle();
    local.camera.set(false);
    expect(devices.last.stopped).toBe(true);
    expect(tracks.at(-1)).toEqual(['camera', null, false]);
  });

  it('throws away a camera that arrives after it was turned off', async () => {
    let open: () => void = () => undefined;
    devices.gate = new Promise((resolve) => (open = resolve));
    local.camera.set(true);
    local.camera.set(false);
    open();
    await settle();
    expect(devices.last.stopped).toBe(true);
    expect(local.camera.state).toEqual({ kind: 'off' });
    expect(tracks).toEqual([]);
  });

  it('falls back to another microphone when the one in use is unplugged', async () => {
    local.mic.set(true);
    await settle();
    devices.last.end();
    await settle();
    expect(devices.asked.at(-1)).toEqual({ kind: 'microphone', deviceId: null });
    expect(local.mic.state).toEqual({ kind: 'on' });
    expect(tracks.at(-1)).toEqual(['mic', 'microphone 2', true]);
    expect(notices).toEqual(['Your microphone was unplugged. Another one is used now.']);
  });

  it('says so when there is no other', async () => {
    local.camera.set(true);
    await settle();
    devices.problem = { kind: 'missing', message: 'No camera was found.' };
    devices.last.end();
    await settle();
    expect(local.camera.state).toEqual({ kind: 'blocked', message: 'No camera was found.' });
    expect(notices).toHaveLength(1);
  });

  it('changes the device without a gap and keeps the old one when the new one fails', async () => {
    local.camera.set(true);
    await settle();
    const first = devices.last;
    await local.choose('camera', 'c2');
    expect(first.stopped).toBe(true);
    expect(local.devices().camera).toBe('c2');
    expect(tracks.at(-1)).toEqual(['camera', 'camera 2', true]);
    devices.problem = { kind: 'busy', message: 'Busy.' };
    await local.choose('camera', 'c3');
    expect(local.devices().camera).toBe('c2');
    expect(local.camera.state).toEqual({ kind: 'on' });
    expect(notices).toHaveLength(1);
  });

  it('chooses a speaker, or says that it cannot', async () => {
    await local.choose('speaker', 's1');
    expect([audio.speaker, local.devices().speaker]).toEqual(['s1', 's1']);
    await local.choose('speaker', 'broken');
    expect(local.devices().speaker).toBe('s1');
    expect(notices).toHaveLength(1);
  });

  it('can try again after a refusal', async () => {
    devices.problem = { kind: 'denied', message: 'Allow it.' };
    local.mic.set(true);
    await settle();
    expect(local.mic.state.kind).toBe('blocked');
    devices.problem = null;
    local.mic.set(true);
    await settle();
    expect(local.mic.state).toEqual({ kind: 'on' });
  });
});

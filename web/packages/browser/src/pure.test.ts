import { describe, expect, it } from 'vitest';
import { captureProblem, isDeviceGone, screenProblem } from './capture-problems.ts';
import { atOrAfter } from './first-media.ts';
import { layersFor, planDirect, planLayers, widestLook } from './layer-plan.ts';
import { arrivalsFrom, countersFrom } from './leg-counters.ts';
import { legState, TaskLine } from './leg-state.ts';
import { browserFamily, isPhone } from './platform.ts';
import { codecFirst, preferenceOrder, withStartBitrate } from './sdp-quirks.ts';
import { defaultSocketUrl } from './socket.ts';

describe('withStartBitrate', () => {
  const sdp = [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=rtpmap:111 opus/48000/2',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'a=rtpmap:96 VP8/90000',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'm=video 9 UDP/TLS/RTP/SAVPF 120',
    'a=rtpmap:120 VP8/90000',
    'a=fmtp:120 max-fs=12288',
    '',
  ].join('\r\n');

  it('adds a line for VP8, or a parameter to the one that is there', () => {
    const changed = withStartBitrate(sdp, 1500);
    expect(changed).toContain(
      'a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1500\r\na=rtpmap:97',
    );
    expect(changed).toContain('a=fmtp:120 max-fs=12288;x-google-start-bitrate=1500\r\n');
    expect(changed.match(/x-google/g)).toHaveLength(2);
  });

  it('leaves a description without VP8 as it is', () => {
    const audio = sdp.slice(0, sdp.indexOf('m=video'));
    expect(withStartBitrate(audio, 1500)).toBe(audio);
  });
});

describe('codecFirst', () => {
  it('reorders and removes nothing', () => {
    const codecs = ['video/AV1', 'video/VP8', 'video/rtx'].map((mimeType) => ({ mimeType }));
    expect(codecFirst(codecs, 'vp8')?.map((codec) => codec.mimeType)).toEqual([
      'video/VP8',
      'video/AV1',
      'video/rtx',
    ]);
    expect(codecFirst([{ mimeType: 'video/VP8' }], 'vp8')).toBeNull();
    expect(codecFirst([{ mimeType: 'video/AV1' }], 'vp8')).toBeNull();
  });
});

describe('preferenceOrder', () => {
  const named = (...names: string[]) => names.map((name) => ({ mimeType: `video/${name}` }));
  const receives = named('H264', 'VP8', 'AV1');

  it('has first what is asked for, of what is received', () => {
    expect(preferenceOrder(receives, named('AV1', 'VP8'), 'av1')).toEqual(named('AV1', 'H264', 'VP8'));
    expect(preferenceOrder(receives, null, 'vp8')).toEqual(named('VP8', 'H264', 'AV1'));
  });

  it('has VP8 first where what is asked for can be shown and not sent', () => {
    expect(preferenceOrder(receives, named('H264', 'VP8'), 'av1')).toEqual(named('VP8', 'H264', 'AV1'));
  });
});

describe('planLayers', () => {
  it.each([
    [1280, 720, 3],
    [960, 540, 3],
    [640, 480, 2],
    [640, 360, 2],
    [320, 180, 1],
    [0, 0, 3],
  ])('makes of %i x %i: %i', (width, height, count) => expect(layersFor(width, height)).toBe(count));

  it('uses quarter, half and full size of a large capture', () => {
    expect(
      planLayers(1280, 720, null).map((layer) => [layer.rid, layer.active, layer.scaleResolutionDownBy]),
    ).toEqual([
      ['l', true, 4],
      ['m', true, 2],
      ['h', true, 1],
    ]);
  });

  it('puts the full size of a small capture where it is encoded', () => {
    expect(
      planLayers(640, 360, null).map((layer) => [layer.rid, layer.active, layer.scaleResolutionDownBy]),
    ).toEqual([
      ['l', true, 2],
      ['m', true, 1],
      ['h', false, 1],
    ]);
  });

  it('gives each size its bits, and smaller captures fewer', () => {
    const rates = (width: number, height: number): number[] =>
      planLayers(width, height, null).map((layer) => Math.round(layer.maxBitrate / 1000));
    expect(rates(1280, 720)).toEqual([150, 500, 1700]);
    expect(rates(0, 0)).toEqual([150, 500, 1700]);
    expect(rates(960, 540)).toEqual([97, 325, 1104]);
    expect(rates(320, 180)[0]).toBe(150);
  });

  it('sends what is wanted, the best it has for more, and nothing when nobody looks', () => {
    const active = (width: number, height: number, wanted: string[]): string[] =>
      planLayers(width, height, wanted).flatMap((layer) => (layer.active ? [layer.rid] : []));
    expect(active(1280, 720, ['l', 'h'])).toEqual(['l', 'h']);
    expect(active(640, 360, ['h'])).toEqual(['m']);
    expect(active(1280, 720, [])).toEqual([]);
  });
});

describe('countersFrom', () => {
  it('reads what the two browsers report', () => {
    const counters = countersFrom(
      [
        { type: 'transport', selectedCandidatePairId: 'pair' },
        { type: 'candidate-pair', id: 'other', currentRoundTripTime: 9 },
        { type: 'candidate-pair', id: 'pair', currentRoundTripTime: 0.025, localCandidateId: 'local' },
        {
          type: 'local-candidate',
          id: 'local',
          protocol: 'udp',
          relayProtocol: 'tls',
          candidateType: 'relay',
        },
        { type: 'codec', id: 'c', mimeType: 'video/VP8' },
        { type: 'inbound-rtp', mid: '4', kind: 'audio', bytesReceived: 10, totalAudioEnergy: 0.5 },
        {
          type: 'inbound-rtp',
          mid: '10',
          kind: 'video',
          framesDecoded: 7,
          codecId: 'c',
          totalDecodeTime: 0.5,
          frameWidth: 640,
          frameHeight: 360,
        },
        { type: 'inbound-rtp', kind: 'video', framesDecoded: 99 },
        {
          type: 'outbound-rtp',
          mid: '1',
          kind: 'video',
          rid: 'h',
          framesEncoded: 3,
          bytesSent: 5,
          qualityLimitationReason: 'cpu',
        },
        { type: 'outbound-rtp', mid: '77', kind: 'video' },
      ],
      (mid) => (mid === '1' ? 'camera' : null),
    );
    expect(counters.rttMs).toBe(25);
    expect(counters.path).toEqual({ protocol: 'tcp', relayed: true });
    expect(counters.incoming).toMatchObject([
      { mid: '4', kind: 'audio', bytes: 10, audioEnergy: 0.5, framesDecoded: 0 },
      {
        mid: '10',
        kind: 'video',
        framesDecoded: 7,
        frameWidth: 640,
        frameHeight: 360,
        codec: 'VP8',
        decodeSeconds: 0.5,
      },
    ]);
    expect(counters.outgoing).toMatchObject([
      { source: 'camera', rid: 'h', framesEncoded: 3, bytes: 5, cpuLimited: true },
    ]);
  });

  it('finds what the other end reported of what was sent', () => {
    const stats = [
      { type: 'outbound-rtp', id: 'a', mid: '0', kind: 'audio', packetsSent: 90 },
      { type: 'outbound-rtp', id: 'b', mid: '1', kind: 'audio', packetsSent: 7 },
      { type: 'remote-inbound-rtp', id: 'r', localId: 'a', timestamp: 1_234, packetsLost: 3 },
    ];
    const { outgoing } = countersFrom(stats, (mid) => (mid === '0' ? 'mic' : 'screen-audio'));
    expect(outgoing).toMatchObject([
      { source: 'mic', packetsSent: 90, reported: { at: 1_234, packetsLost: 3 } },
      { source: 'screen-audio', packetsSent: 7, reported: null },
    ]);
  });

  it('finds the round trip by the selected mark where transports are not reported', () => {
    const stats = [{ type: 'candidate-pair', id: 'a', selected: true, currentRoundTripTime: 0.01 }];
    expect(countersFrom(stats, () => null).rttMs).toBe(10);
  });
});

describe('arrivalsFrom', () => {
  it('counts media, RTCP and checks of every pair, and nothing that we send', () => {
    const pair = {
      type: 'candidate-pair',
      id: 'p',
      bytesReceived: 900,
      requestsReceived: 2,
      responsesReceived: 3,
    };
    const counts = arrivalsFrom([
      { ...pair, bytesSent: 5000, requestsSent: 9 },
      { type: 'inbound-rtp', id: 'i', bytesReceived: 400 },
      { type: 'outbound-rtp', id: 'o', bytesReceived: 1 },
    ]);
    const sum = [...counts.values()].reduce((total, count) => total + count, 0);
    expect(sum).toBe(900 + 2 + 3 + 400);
    const later = arrivalsFrom([{ ...pair, responsesReceived: 4 }]);
    expect([...later].filter(([name, count]) => count > (counts.get(name) ?? 0))).toHaveLength(1);
  });
});

describe('widestLook', () => {
  const camera = (width: number, height: number) => [{ source: 'camera' as const, width, height }];

  it('takes the larger of each source, lets go what is not looked at, and keeps all of what was not known', () => {
    expect(widestLook(camera(640, 360), camera(320, 700))).toEqual(camera(640, 700));
    expect(widestLook([], camera(320, 180))).toEqual(camera(320, 180));
    expect(widestLook(camera(320, 180), [])).toEqual([]);
    expect(widestLook(null, camera(320, 180))).toEqual(camera(16384, 16384));
    expect(widestLook(camera(320, 180), null)).toBeNull();
  });
});

describe('planDirect', () => {
  const hd = { width: 1280, height: 720 };
  const camera = (width: number, height: number) => [{ source: 'camera' as const, width, height }];

  it('sends all while nothing is known', () => {
    expect(planDirect('camera', hd, null)).toMatchObject({ active: true, scaleResolutionDownBy: 1 });
    expect(planDirect('mic', hd, [])).toEqual({ active: true });
  });

  it('rests when nobody looks', () => {
    expect(planDirect('camera', hd, [])).toEqual({ active: false });
    expect(planDirect('screen', hd, camera(640, 360))).toEqual({ active: false });
  });

  it.each([
    [1920, 1080, 1],
    [1280, 720, 1],
    [1279, 719, 1],
    [853, 480, 1.5],
    [640, 360, 2],
    [640, 700, 1],
    [300, 168, 4],
    [1, 1, 4],
    [0, 0, 4],
  ])('is never smaller than %i×%i as it is shown', (width, height, scale) => {
    expect(planDirect('camera', hd, camera(width, height))).toMatchObject({ scaleResolutionDownBy: scale });
  });

  it('gives a smaller picture less bitrate', () => {
    const rates = [1280, 853, 640, 420, 300].map(
      (width) => planDirect('camera', hd, camera(width, 10)).maxBitrate ?? 0,
    );
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(rates.at(-1)).toBeGreaterThan(250_000);
  });

  it('sends a screen whole', () => {
    const look = [{ source: 'screen' as const, width: 100, height: 50 }];
    expect(planDirect('screen', hd, look)).toMatchObject({ active: true, scaleResolutionDownBy: 1 });
  });

  it('does not scale a picture of unknown size', () => {
    expect(planDirect('camera', { width: 0, height: 0 }, camera(100, 100))).toMatchObject({
      scaleResolutionDownBy: 1,
    });
  });
});

describe('atOrAfter', () => {
  it('compares over the wrap of 32 bits', () => {
    expect(atOrAfter(5, 5)).toBe(true);
    expect(atOrAfter(4, 5)).toBe(false);
    expect(atOrAfter(3, 0xffff_fff0)).toBe(true);
    expect(atOrAfter(0xffff_fff0, 3)).toBe(false);
  });
});

describe('capture problems', () => {
  const error = (name: string, message = ''): Error => Object.assign(new Error(message), { name });

  it('say what to do in each browser', () => {
    const problem = captureProblem(error('NotAllowedError'), 'camera', 'firefox');
    expect(problem).toMatchObject({ kind: 'denied' });
    expect(problem).not.toEqual(captureProblem(error('NotAllowedError'), 'camera', 'chromium'));
    expect(captureProblem(error('NotFoundError'), 'microphone', 'chromium').kind).toBe('missing');
    expect(captureProblem(error('NotReadableError'), 'camera', 'chromium').kind).toBe('busy');
  });

  it('know a device that is gone', () => {
    expect(isDeviceGone(error('OverconstrainedError'))).toBe(true);
    expect(isDeviceGone(error('NotAllowedError'))).toBe(false);
  });

  it('tell a closed dialog from a system that refuses', () => {
    expect(screenProblem(error('NotAllowedError', 'Permission denied')).kind).toBe('cancelled');
    expect(screenProblem(error('NotAllowedError', 'Permission denied by system')).kind).toBe('denied');
    expect(screenProblem(error('NotFoundError')).kind).toBe('missing');
  });
});

describe('platform', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
      'chromium',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/156.0.0.0 Safari/537.36', 'chromium'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'firefox'],
    [
      'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'safari',
    ],
  ] as const)('%s', (agent, family) => {
    expect(browserFamily(agent)).toBe(family);
    expect(isPhone(agent)).toBe(false);
  });

  it('knows phones', () => {
    expect(isPhone('Mozilla/5.0 (Linux; Android 15; Pixel) Chrome/156 Mobile Safari/537.36')).toBe(true);
    expect(isPhone('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)')).toBe(true);
  });
});

describe('connection states', () => {
  it('become the few that matter', () => {
    expect(
      ['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed'].map((state) =>
        legState(state as RTCPeerConnectionState),
      ),
    ).toEqual(['connecting', 'connecting', 'connected', 'interrupted', 'failed', 'failed']);
  });
});

describe('TaskLine', () => {
  it('runs one after another, also after a failure', async () => {
    const log: string[] = [];
    const line = new TaskLine(() => log.push('error'));
    void line.run(async () => {
      await Promise.resolve();
      log.push('one');
      throw new Error('broken');
    });
    await line.run(() => {
      log.push('two');
      return Promise.resolve();
    });
    expect(log).toEqual(['one', 'error', 'two']);
  });
});

describe('defaultSocketUrl', () => {
  it('follows the page', () => {
    expect(defaultSocketUrl({ protocol: 'https:', host: 'meet.example:8443' })).toBe(
      'wss://meet.example:8443/ws',
    );
    expect(defaultSocketUrl({ protocol: 'http:', host: 'localhost:8080' })).toBe('ws://localhost:8080/ws');
  });
});

// The laboratory's test function: that of the browser tests, with a wire between server and receiver.
import { writeFigures } from '../../e2e/support/figures.ts';
import { expect, test as base } from '../../e2e/support/fixtures.ts';
import { expectReceives } from '../../e2e/support/media.ts';
import type { Person } from '../../e2e/support/person.ts';
import { kBusyShare } from './bars.ts';
import { kCamera, Laboratory } from './laboratory.ts';
import { holdUplink, installProbe, sample, sent, type Sample, type Sent } from './probe.ts';
import { summarize, type Figures } from './quality.ts';
import type { LabWire, WireCounters } from './wire.ts';

export const kCapture = { width: kCamera.width, height: kCamera.height };
const kSmallCapture = { width: 320, height: 180 };
/** Who only publishes needs no large pictures of the others. */
const kSmallViewport = { width: 480, height: 320 };
/** Tiles of 358 lines, so that 270 are too few and the top layer is the one to show. */
const kViewport = { width: 1480, height: 860 };
const kSampleEveryMs = 250;

export interface Call {
  /** Behind the wire; sends nothing. */
  readonly ray: Person;
  readonly ana: Person;
  /** Those whose pictures count: names and ids. */
  readonly cameras: ReadonlyMap<string, string>;
}

/** What happened in one stretch of a run, at the receiver and on the wire. */
export interface Stage extends Figures {
  readonly name: string;
  readonly wire: WireCounters['down'];
  /** What Ana's camera was sent as at the end: a layer that wasn't made can't be received. */
  readonly ana: Sent;
}

interface LabFixtures {
  readonly wire: LabWire;
  /** A call through the server: Ana speaks and shows herself, Bo shows himself, Ray watches them through the wire. */
  readonly call: Call;
  /** Watches `ray` for so long, and prints what came of it. */
  readonly stage: (name: string, seconds: number) => Promise<Stage>;
  /** A stage on a perfect link: whether this machine can judge at all now. */
  readonly control: () => Promise<Stage>;
}

interface LabWorker {
  readonly laboratory: Laboratory;
}

export const test = base.extend<LabFixtures, LabWorker>({
  laboratory: [
    async ({}, use) => {
      const laboratory = await Laboratory.open();
      await use(laboratory);
      await laboratory.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  wire: async ({ laboratory }, use) => {
    await laboratory.wire.reset();
    await use(laboratory.wire);
    await laboratory.wire.reset();
  },
  call: async ({ laboratory, wire, server, person }, use) => {
    // A link that does no harm, but has the delay of all stages.
    await wire.set('both', kFar);
    await server({ 'p2p.mode': 'off' });
    const { publishers, receivers } = laboratory;
    const ana = await person(publishers, 'Ana', 'lab', {
      capture: kCapture,
      viewport: kSmallViewport,
      before: [installProbe, holdUplink],
    });
    const bo = await person(publishers, 'Bo', 'lab', {
      capture: kSmallCapture,
      viewport: kSmallViewport,
      mic: false,
      before: [holdUplink],
    });
    const options = { mic: false, camera: false, viewport: kViewport, before: [installProbe] };
    const ray = await person(receivers, 'Ray', 'lab', options);
    await expectReceives([ray], [ana, bo], { audio: false });
    await expectReceives([ray], [ana]);
    const cameras = new Map([
      ['Ana', await ana.id()],
      ['Bo', await bo.id()],
    ]);
    await expect
      .poll(async () => topWidth(await sample(ray), cameras.get('Ana') ?? ''), {
        message: 'Ray sees the top layer before anything begins',
        timeout: 45_000,
      })
      .toBe(kCapture.width);
    await use({ ray, ana, cameras });
  },
  stage: async ({ call, wire }, use) => {
    await use(async (name, seconds) => {
      await wire.clear();
      const samples = await watch(call.ray, seconds);
      const { down } = await wire.counters();
      const stage = { name, ...summarize(samples, call.cameras), wire: down, ana: await sent(call.ana) };
      console.log(describe(stage));
      return stage;
    });
  },
  control: async ({ call, stage }, use) => {
    await use(async () => {
      const perfect = await stage('a perfect link', 10);
      for (const name of call.cameras.keys()) {
        const why = `${name}'s picture moves on a perfect link: else this machine is too busy to judge a bad one`;
        expect.soft(frozenShare([perfect], name), why).toBeLessThan(kBusyShare);
      }
      return perfect;
    });
  },
});

/** 30 ms each way. */
export const kFar = 'delay=30ms';

export async function watch(ray: Person, seconds: number): Promise<readonly Sample[]> {
  const samples = [await sample(ray)];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await ray.page.waitForTimeout(kSampleEveryMs);
    samples.push(await sample(ray));
  }
  return samples;
}

/** The width of the last picture of a sample; 0 without one. */
export function topWidth(taken: Sample, participant: string): number {
  return taken.frames[participant]?.at(-1)?.width ?? 0;
}

/** Share of the time in which a picture stood still, the worse of two ways to measure. */
export function frozenShare(stages: readonly Stage[], name: string): number {
  let frozen = 0;
  let seconds = 0;
  for (const stage of stages) {
    const picture = stage.pictures[name];
    seconds += stage.seconds;
    frozen += Math.max(picture?.frozen_s ?? stage.seconds, picture?.stats_frozen_s ?? 0);
  }
  return frozen / seconds;
}

function describe(stage: Stage): string {
  const pictures = Object.entries(stage.pictures).map(
    ([name, p]) =>
      `${name} ${((100 * p.frozen_s) / stage.seconds).toFixed(1)} % frozen (stats ${p.stats_frozen_s} s), ` +
      `${(p.frames / stage.seconds).toFixed(1)} fps of ${(p.decoded / stage.seconds).toFixed(1)} decoded, longest gap ${p.longest_gap_ms} ms, each second ${p.each_second.join(' ')}, widths ${JSON.stringify(p.widths)}`,
  );
  const { wire } = stage;
  return (
    `${stage.name}: ${stage.received_kbps} kbit/s, concealed ${(100 * stage.concealed_share).toFixed(1)} %, ` +
    `longest silence ${stage.longest_silence_ms} ms; ${pictures.join('; ')}; wire: ${wire.packets_in} in (${Math.round((wire.bytes_in * 8) / stage.seconds / 1000)} kbit/s), ` +
    `${wire.lost} lost, ${wire.queue_full} dropped, wait ${wire.longest_wait_us} us, late ${wire.latest_us} us; ` +
    `Ana sends ${stage.ana.layers.map((l) => `${l.rid} ${l.width} ${l.limit}`).join(', ')} of ${stage.ana.available_kbps} kbit/s`
  );
}

export { expect, writeFigures };

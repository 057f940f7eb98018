import { writeFigures, median } from '../support/figures.ts';
import { expect, test } from '../support/fixtures.ts';
import { markGaps, readGaps } from '../support/gap-recorder.ts';
import { expectAllMeet, watchFrames } from '../support/media.ts';
import type { Person } from '../support/person.ts';

const kSwitches = Number(process.env['PARLEY_SWITCHES'] ?? 3);
const kMedianLimitMs = 250;

interface Measured {
  readonly gaps: readonly number[];
  readonly still: readonly number[];
  readonly problems: readonly string[];
  readonly log: readonly string[];
}

/** What both of the two saw of each other while `happens` did. */
async function during(two: readonly [Person, Person], happens: () => Promise<void>): Promise<Measured> {
  const [ana, bo] = two;
  await markGaps(ana, [await bo.id()]);
  await markGaps(bo, [await ana.id()]);
  await happens();
  const gaps: number[] = [];
  const still: number[] = [];
  const problems: string[] = [];
  const log: string[] = [];
  for (const one of two) {
    const report = await readGaps(one);
    for (const tile of report.tiles) {
      expect(tile.frames, `${one.name}'s picture of the other moved`).toBeGreaterThan(10);
      gaps.push(Math.round(tile.longestGapMs));
      still.push(Math.round(tile.stoodStillMs));
      const when = `${Math.round(tile.longestGapMs)} ms from ${Math.round(tile.longestGapAtMs)} ms on`;
      log.push(`${one.name}: longest gap ${when}; ${report.changes.join(', ')}`);
      problems.push(...tile.problems.map((problem) => `${one.name}: ${problem}`));
    }
  }
  return { gaps, still, problems, log };
}

function summary(measured: readonly Measured[]): object {
  const gaps = measured.flatMap((one) => one.gaps);
  const still = measured.flatMap((one) => one.still);
  return {
    median_ms: median(gaps),
    max_ms: Math.max(...gaps),
    gaps_ms: gaps,
    stood_still_ms: still,
    log: measured.flatMap((one) => one.log),
  };
}

test('a third person comes and goes, and no picture of the two is ever missing', async ({
  chrome,
  server,
  person,
}) => {
  test.setTimeout(90_000 + kSwitches * 40_000);
  const parley = await server({ 'p2p.quiet_seconds': 1 });
  const ana = await person(chrome, 'Ana', 'switch');
  const bo = await person(chrome, 'Bo', 'switch');
  const two = [ana, bo] as const;
  await expectAllMeet(two);
  for (const one of two) await one.expectTopology('p2p');
  // The third has the page open already, so that loading it doesn't count as the switch.
  const cid = await person(chrome, 'Cid', 'switch', { autojoin: false });
  await expect(cid.button('prejoin-preview')).toHaveAttribute('data-playing', 'true');

  const steady = [await during(two, () => watchFrames(ana, bo, 60))];
  const toServer: Measured[] = [];
  const toDirect: Measured[] = [];
  const enter = cid.button('join-button').or(cid.button('rejoin'));
  for (let round = 0; round < kSwitches; ++round) {
    await test.step(`switch ${round + 1}`, async () => {
      toServer.push(
        await during(two, async () => {
          await enter.click();
          for (const one of [ana, bo, cid]) await one.expectTopology('sfu');
          await expectAllMeet([ana, bo, cid]);
        }),
      );
      toDirect.push(
        await during(two, async () => {
          await cid.button('leave').click();
          for (const one of two) await one.expectTopology('p2p', 30_000);
          await expectAllMeet(two);
        }),
      );
    });
  }

  const all = [...toServer, ...toDirect];
  const gaps = all.flatMap((one) => one.gaps);
  const still = all.flatMap((one) => one.still);
  // While the page itself stood still, for want of a processor, no way of switching could have shown a frame.
  const beyondStill = gaps.map((gap, index) => Math.max(0, gap - (still[index] ?? 0)));
  const figures = {
    switches: kSwitches,
    median_ms: median(gaps),
    median_beyond_standstill_ms: median(beyondStill),
    max_ms: Math.max(...gaps),
    limit_ms: kMedianLimitMs,
    without_picture: all.flatMap((one) => one.problems).length,
    to_server: summary(toServer),
    to_direct: summary(toDirect),
    steady: summary(steady),
  };
  await writeFigures('switch', figures);
  console.log(
    `gap between displayed frames over ${gaps.length} views of a switch: ${JSON.stringify(figures, null, 1)}`,
  );
  expect(
    all.flatMap((one) => one.problems),
    'every picture was there at every moment',
  ).toEqual([]);
  expect(figures.median_beyond_standstill_ms).toBeLessThanOrEqual(kMedianLimitMs);
  const metrics = await parley.metrics();
  const switched = (from: string, to: string): number =>
    metrics.sum('parley_topology_switches_total', { from, to, result: 'done' });
  expect(switched('p2p', 'sfu')).toBe(kSwitches);
  expect(switched('sfu', 'p2p')).toBeGreaterThanOrEqual(kSwitches);
});

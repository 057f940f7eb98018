// A link that narrows step by step, and is wide again.
import { kFrozenShare, kRecoveryMs, kSilenceMs } from '../support/bars.ts';
import {
  expect,
  frozenShare,
  kCapture,
  kFar,
  test,
  topWidth,
  writeFigures,
  type Stage,
} from '../support/fixtures.ts';
import { sample } from '../support/probe.ts';

const kStageSeconds = 20;
const kQueue = 'queue=300ms';

test('pictures and sound follow a link that narrows, and are back when it is wide again', async ({
  call,
  wire,
  stage,
  control,
}) => {
  const { ray, cameras } = call;
  const perfect = await control();
  const stages: Stage[] = [];
  for (const kbps of [4000, 1000, 300, 100]) {
    await wire.set('down', `rate=${kbps}kbit ${kQueue} ${kFar}`);
    stages.push(await stage(`${kbps} kbit/s`, kStageSeconds));
  }

  await wire.set('down', `rate=4000kbit ${kQueue} ${kFar}`);
  const recovered = performance.now();
  let back_ms = Infinity;
  while (back_ms === Infinity && performance.now() - recovered < 2.5 * kRecoveryMs) {
    if (topWidth(await sample(ray), cameras.get('Ana') ?? '') === kCapture.width)
      back_ms = Math.round(performance.now() - recovered);
    else await ray.page.waitForTimeout(100);
  }
  const after = await stage('4000 kbit/s again', 10);
  console.log(`back to the top layer after ${back_ms} ms`);

  const wide = stages.slice(0, 3);
  const figures = {
    back_ms,
    frozen_share: Object.fromEntries([...cameras.keys()].map((name) => [name, frozenShare(wide, name)])),
    stages: [perfect, ...stages, after],
  };
  await writeFigures('lab-rate', figures);
  for (const name of cameras.keys()) {
    expect
      .soft(frozenShare(wide, name), `${name}'s picture moves at 300 kbit/s and more`)
      .toBeLessThan(kFrozenShare);
  }
  for (const one of stages)
    expect.soft(one.longest_silence_ms, `sound goes on at ${one.name}`).toBeLessThan(kSilenceMs);
  expect.soft(back_ms, 'the top layer is back').toBeLessThan(kRecoveryMs);
});

test('sound goes on at 60 kbit/s', async ({ call, wire, stage }) => {
  expect(call.cameras.size).toBe(2);
  await wire.set('down', `rate=60kbit ${kQueue} ${kFar}`);
  const begin = await stage('the first seconds at 60 kbit/s', 5);
  const then = await stage('60 kbit/s', 20);
  await writeFigures('lab-audio', { begin, then });
  for (const one of [begin, then])
    expect.soft(one.longest_silence_ms, `${one.name}: sound goes on`).toBeLessThan(kSilenceMs);
  expect.soft(then.concealed_share, 'most of it is what was said').toBeLessThan(0.1);
});

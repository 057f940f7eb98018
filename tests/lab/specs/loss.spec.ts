// A link that loses packets: repair keeps pictures and sound going.
import { kFrozenShare, kSilenceMs } from '../support/bars.ts';
import { expect, frozenShare, kFar, test, writeFigures, type Stage } from '../support/fixtures.ts';

const kStageSeconds = 20;

test('pictures move and sound goes on at 1, 5 and 10 % loss', async ({ call, wire, stage, control }) => {
  const perfect = await control();
  const stages: Stage[] = [];
  for (const percent of [1, 5, 10]) {
    await wire.set('both', `rate=4000kbit queue=300ms ${kFar} loss=${percent}%`);
    stages.push(await stage(`${percent} % loss`, kStageSeconds));
  }
  const frozen_share = Object.fromEntries(
    [...call.cameras.keys()].map((name) => [name, frozenShare(stages, name)]),
  );
  await writeFigures('lab-loss', { frozen_share, stages: [perfect, ...stages] });
  console.log(`frozen in all: ${JSON.stringify(frozen_share)}`);
  for (const [name, share] of Object.entries(frozen_share))
    expect.soft(share, `${name}'s picture moves`).toBeLessThan(kFrozenShare);
  for (const one of stages) {
    for (const name of call.cameras.keys())
      expect
        .soft(frozenShare([one], name), `${one.name}: ${name}'s picture moves`)
        .toBeLessThan(kFrozenShare);
    expect.soft(one.longest_silence_ms, `${one.name}: sound goes on`).toBeLessThan(kSilenceMs);
  }
});

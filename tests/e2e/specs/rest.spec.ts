import { expect, test } from '../support/fixtures.ts';
import { decoded, expectAllMeet, watchFrames } from '../support/media.ts';
import { hidePage } from '../support/rest.ts';

for (const mode of ['on', 'off'] as const) {
  const way = mode === 'on' ? 'p2p' : 'sfu';

  test(`a hidden page is sent no pictures, and at once again when it is back (${way})`, async ({
    chrome,
    server,
    person,
  }) => {
    await server({ 'p2p.mode': mode });
    const ana = await person(chrome, 'Ana', 'rest');
    const bo = await person(chrome, 'Bo', 'rest');
    await expectAllMeet([ana, bo]);
    for (const one of [ana, bo]) await one.expectTopology(way);
    await hidePage(bo, true);
    // What was on its way still comes; then nothing more does while Ana goes on seeing Bo.
    await watchFrames(ana, bo, 30);
    const before = await decoded(bo, ana, 'camera');
    await watchFrames(ana, bo, 60);
    expect((await decoded(bo, ana, 'camera')) - before).toBeLessThan(5);
    await bo.expectTopology(way);
    await hidePage(bo, false);
    await watchFrames(bo, ana, 30);
    await expectAllMeet([ana, bo]);
  });
}

import { expect, test } from '../support/fixtures.ts';
import { decoded, expectAllMeet, watchFrames } from '../support/media.ts';
import type { Person } from '../support/person.ts';

/** As when another tab lies over the page; headless browsers never hide one by themselves. */
async function hide(person: Person, hidden: boolean): Promise<void> {
  await person.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

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
    await hide(bo, true);
    // What was on its way still comes; then nothing more does while Ana goes on seeing Bo.
    await watchFrames(ana, bo, 30);
    const before = await decoded(bo, ana, 'camera');
    await watchFrames(ana, bo, 60);
    expect((await decoded(bo, ana, 'camera')) - before).toBeLessThan(5);
    await bo.expectTopology(way);
    await hide(bo, false);
    await watchFrames(bo, ana, 30);
    await expectAllMeet([ana, bo]);
  });
}

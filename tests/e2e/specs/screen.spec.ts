import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet, watchFrames } from '../support/media.ts';

for (const mode of ['on', 'off'] as const) {
  const way = mode === 'on' ? 'p2p' : 'sfu';

  test(`a shared screen is seen by the others until it is stopped (${way})`, async ({
    chrome,
    server,
    person,
  }) => {
    await server({ 'p2p.mode': mode });
    const ana = await person(chrome, 'Ana', 'screen');
    const bo = await person(chrome, 'Bo', 'screen');
    await expectAllMeet([ana, bo]);
    await bo.expectTopology(way);

    await ana.button('share-screen').click();
    await expect(ana.button('share-screen')).toHaveAttribute('aria-pressed', 'true');
    await expect(bo.tile('Ana', 'screen')).toHaveAttribute('data-playing', 'true');
    await watchFrames(bo, ana, 10, 'screen');
    await expectAllMeet([ana, bo]);
    await bo.expectTopology(way);

    await ana.button('share-screen').click();
    await expect(ana.button('share-screen')).toHaveAttribute('aria-pressed', 'false');
    await expect(bo.tile('Ana', 'screen')).toHaveCount(0);
    await expectAllMeet([ana, bo]);
  });
}

test('who comes later sees the shared screen, and the pair moves to the server with it', async ({
  crowd,
  server,
  person,
}) => {
  await server();
  const capture = { width: 320, height: 180 };
  const ana = await person(crowd, 'Ana', 'screen', { capture });
  const bo = await person(crowd, 'Bo', 'screen', { capture });
  await expectAllMeet([ana, bo]);
  await ana.button('share-screen').click();
  await watchFrames(bo, ana, 10, 'screen');
  const cid = await person(crowd, 'Cid', 'screen', { capture });
  await expect(cid.tile('Ana', 'screen')).toHaveAttribute('data-playing', 'true', { timeout: 40_000 });
  for (const one of [bo, cid]) await watchFrames(one, ana, 10, 'screen');
  await expectAllMeet([ana, bo, cid]);
});

import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet, expectReceives, watchFrames } from '../support/media.ts';

for (const mode of ['on', 'off'] as const) {
  const way = mode === 'on' ? 'p2p' : 'sfu';

  test(`a microphone switched off is silent and shown so, and comes back (${way})`, async ({
    chrome,
    server,
    person,
  }) => {
    await server({ 'p2p.mode': mode });
    const ana = await person(chrome, 'Ana', 'mute');
    const bo = await person(chrome, 'Bo', 'mute');
    await expectAllMeet([ana, bo]);
    await bo.expectTopology(way);
    await expect(bo.tile('Ana')).toHaveAttribute('data-muted', 'false');

    await ana.button('toggle-mic').click();
    await expect(ana.button('toggle-mic')).toHaveAttribute('aria-pressed', 'false');
    await expect(bo.tile('Ana')).toHaveAttribute('data-muted', 'true');
    const id = await ana.id();
    const energy = async (): Promise<number> => {
      const { received } = await bo.stats();
      return received
        .filter((e) => e.participant === id && e.source === 'mic')
        .reduce((sum, e) => sum + e.audioEnergy, 0);
    };
    // What was on its way may still sound; then the energy stands still while pictures go on (the microphone beeps each second).
    await expectReceives([bo], [ana], { audio: false });
    const silent = await energy();
    await watchFrames(bo, ana, 40);
    expect((await energy()) - silent).toBeLessThan(1e-4);

    await ana.button('toggle-mic').click();
    await expect(bo.tile('Ana')).toHaveAttribute('data-muted', 'false');
    await expectAllMeet([ana, bo]);
  });

  test(`a camera switched off leaves a tile without a picture, and comes back (${way})`, async ({
    chrome,
    server,
    person,
  }) => {
    await server({ 'p2p.mode': mode });
    const ana = await person(chrome, 'Ana', 'mute');
    const bo = await person(chrome, 'Bo', 'mute');
    await expectAllMeet([ana, bo]);
    await bo.expectTopology(way);

    await ana.button('toggle-camera').click();
    await expect(ana.button('toggle-camera')).toHaveAttribute('aria-pressed', 'false');
    await expect(bo.tile('Ana')).toHaveAttribute('data-playing', 'false');
    await expect(bo.tile('Ana')).toBeVisible();
    await expectReceives([bo], [ana], { video: false });
    await expectReceives([ana], [bo]);

    await ana.button('toggle-camera').click();
    await expect(bo.tile('Ana')).toHaveAttribute('data-playing', 'true');
    await expectAllMeet([ana, bo]);
  });
}

test('who joins with camera and microphone off is there, and can switch them on', async ({
  chrome,
  server,
  person,
}) => {
  await server();
  const ana = await person(chrome, 'Ana', 'mute', { mic: false, camera: false });
  const bo = await person(chrome, 'Bo', 'mute');
  await expectReceives([ana], [bo]);
  await expect(bo.tile('Ana')).toHaveAttribute('data-muted', 'true');
  await expect(bo.tile('Ana')).toHaveAttribute('data-playing', 'false');
  await ana.button('toggle-mic').click();
  await ana.button('toggle-camera').click();
  await expectAllMeet([ana, bo]);
});

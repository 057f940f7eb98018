import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet, watchFrames } from '../support/media.ts';

for (const mode of ['on', 'off'] as const) {
  const way = mode === 'on' ? 'p2p' : 'sfu';

  test(`a reloaded page comes back to its seat (${way})`, async ({ chrome, server, person }) => {
    await server({ 'p2p.mode': mode });
    const ana = await person(chrome, 'Ana', 'again');
    const bo = await person(chrome, 'Bo', 'again', { autojoin: false });
    await bo.button('join-button').click();
    await expectAllMeet([ana, bo]);
    const seat = await bo.id();
    await bo.page.reload();
    expect(await bo.id()).toBe(seat);
    await bo.expectTopology(way);
    await expectAllMeet([ana, bo]);
    await expect(ana.tile('Bo')).toHaveCount(1);
    await expect(bo.tile('Ana')).toHaveCount(1);
  });

  test(`a lost socket comes back to the same seat and no picture stops (${way})`, async ({
    chrome,
    server,
    person,
  }) => {
    const parley = await server({ 'p2p.mode': mode });
    const { wire, origin } = await parley.wire();
    const ana = await person(chrome, 'Ana', 'again');
    const bo = await person(chrome, 'Bo', 'again', { origin });
    await expectAllMeet([ana, bo]);
    await bo.expectTopology(way);
    const seat = await bo.id();

    wire.cut();
    await expect(bo.page.getByTestId('connection-banner')).toBeVisible();
    await watchFrames(ana, bo, 40);
    await watchFrames(bo, ana, 40);
    const connections = wire.accepted;
    wire.mend();
    await expect(bo.page.getByTestId('connection-banner')).toHaveCount(0, { timeout: 30_000 });
    expect(wire.accepted).toBeGreaterThan(connections);

    expect(await bo.id()).toBe(seat);
    await expect(ana.tile('Bo')).toHaveCount(1);
    await expectAllMeet([ana, bo]);
    await bo.expectTopology(way);
    // The seat is live: what is said to it arrives, and what it says is passed on.
    await bo.button('raise-hand').click();
    await ana.button('open-participants').click();
    await expect(ana.page.locator('[data-testid="participant-row"][data-name="Bo"]').first()).toBeVisible();
  });
}

test('a closed page is soon gone', async ({ chrome, server, person }) => {
  await server();
  const ana = await person(chrome, 'Ana', 'again');
  const bo = await person(chrome, 'Bo', 'again');
  await expectAllMeet([ana, bo]);
  await bo.page.goto('about:blank');
  await expect(ana.tile('Bo')).toHaveCount(0, { timeout: 20_000 });
});

test('who joins while a socket is lost is there when it is back', async ({ crowd, server, person }) => {
  const parley = await server();
  const capture = { width: 320, height: 180 };
  const { wire, origin } = await parley.wire();
  const ana = await person(crowd, 'Ana', 'again', { capture });
  const bo = await person(crowd, 'Bo', 'again', { capture, origin });
  await expectAllMeet([ana, bo]);
  wire.cut();
  await expect(bo.page.getByTestId('connection-banner')).toBeVisible();
  const cid = await person(crowd, 'Cid', 'again', { capture });
  await expectAllMeet([ana, cid]);
  wire.mend();
  await expectAllMeet([ana, bo, cid], { timeout: 60_000 });
});

test('a server that stops says so', async ({ chrome, server, person }) => {
  const parley = await server();
  const ana = await person(chrome, 'Ana', 'again');
  await expect(ana.tile('Ana')).toHaveAttribute('data-playing', 'true');
  expect(await parley.stop()).toEqual({ code: 0, signal: null });
  await expect(
    ana.page.getByTestId('error').or(ana.page.getByTestId('connection-banner')).first(),
  ).toBeVisible();
});

import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet } from '../support/media.ts';

test('Chromium and Firefox talk directly', async ({ chrome, fox, server, person }) => {
  const parley = await server();
  const ana = await person(chrome, 'Ana', 'mixed');
  const fay = await person(fox, 'Fay', 'mixed');
  await expectAllMeet([ana, fay]);
  await ana.expectTopology('p2p');
  await fay.expectTopology('p2p');
  expect((await parley.metrics()).sum('parley_rtp_packets_received_total')).toBe(0);
});

test('Firefox first, and Chromium comes to it', async ({ chrome, fox, server, person }) => {
  await server();
  const fay = await person(fox, 'Fay', 'mixed');
  await expect(fay.tile('Fay')).toHaveAttribute('data-playing', 'true');
  const ana = await person(chrome, 'Ana', 'mixed');
  await expectAllMeet([ana, fay]);
  await fay.expectTopology('p2p');
});

test('Chromium and Firefox meet through the server', async ({ chrome, fox, server, person }) => {
  const parley = await server({ 'p2p.mode': 'off' });
  const ana = await person(chrome, 'Ana', 'mixed');
  const fay = await person(fox, 'Fay', 'mixed');
  await expectAllMeet([ana, fay]);
  await ana.expectTopology('sfu');
  await fay.expectTopology('sfu');
  const metrics = await parley.metrics();
  for (const kind of ['audio', 'video']) {
    expect(metrics.sum('parley_rtp_packets_received_total', { kind })).toBeGreaterThan(0);
    expect(metrics.sum('parley_rtp_packets_sent_total', { kind })).toBeGreaterThan(0);
  }
});

test('a direct call with Firefox moves to the server when a third comes', async ({
  chrome,
  fox,
  server,
  person,
}) => {
  await server();
  const ana = await person(chrome, 'Ana', 'mixed');
  const fay = await person(fox, 'Fay', 'mixed');
  await expectAllMeet([ana, fay]);
  const cid = await person(chrome, 'Cid', 'mixed');
  await expectAllMeet([ana, fay, cid]);
  for (const one of [ana, fay, cid]) await one.expectTopology('sfu');
});

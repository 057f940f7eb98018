import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet } from '../support/media.ts';

test('two people talk directly and nothing of it passes the server', async ({ chrome, server, person }) => {
  const parley = await server();
  const ana = await person(chrome, 'Ana', 'pair');
  const bo = await person(chrome, 'Bo', 'pair');
  await expectAllMeet([ana, bo]);
  for (const one of [ana, bo]) {
    await one.expectTopology('p2p');
    await expect(one.meeting).toContainText('Direct');
    await expect(one.page.getByTestId('path-badge')).toHaveText('Direct');
  }
  const metrics = await parley.metrics();
  expect(metrics.sum('parley_participants')).toBe(2);
  expect(metrics.sum('parley_rtp_packets_received_total')).toBe(0);
  expect(metrics.sum('parley_rtp_packets_sent_total')).toBe(0);
});

test('whoever is alone sends nothing', async ({ chrome, server, person }) => {
  const parley = await server();
  const ana = await person(chrome, 'Ana', 'alone');
  await expect(ana.tile('Ana')).toHaveAttribute('data-playing', 'true');
  await expect(ana.meeting).toContainText('only one here');
  const metrics = await parley.metrics();
  expect(metrics.sum('parley_participants')).toBe(1);
  expect(metrics.sum('parley_rtp_packets_received_total')).toBe(0);
});

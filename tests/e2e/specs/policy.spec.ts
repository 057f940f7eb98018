import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet, watchFrames } from '../support/media.ts';
import { hostAddress } from '../support/network.ts';

test('p2p.mode=off keeps two on the server', async ({ chrome, server, person }) => {
  const parley = await server({ 'p2p.mode': 'off', 'p2p.quiet_seconds': 1 });
  const ana = await person(chrome, 'Ana', 'policy');
  const bo = await person(chrome, 'Bo', 'policy');
  await expectAllMeet([ana, bo]);
  await watchFrames(ana, bo, 60); // three seconds, more than the quiet time
  for (const one of [ana, bo]) {
    await one.expectTopology('sfu');
    await expect(one.page.getByTestId('path-badge')).toHaveText('Server');
  }
  expect((await parley.metrics()).sum('parley_topology_switches_total', { to: 'p2p' })).toBe(0);
});

test('p2p.mode=lan lets two in one network talk directly', async ({ chrome, server, person }) => {
  await server({ 'p2p.mode': 'lan' });
  const ana = await person(chrome, 'Ana', 'policy');
  const bo = await person(chrome, 'Bo', 'policy');
  await expectAllMeet([ana, bo]);
  for (const one of [ana, bo]) await one.expectTopology('p2p');
});

test('p2p.mode=lan keeps two of different networks on the server', async ({ chrome, server, person }) => {
  const parley = await server({ 'p2p.mode': 'lan', 'p2p.quiet_seconds': 1 });
  const ana = await person(chrome, 'Ana', 'policy');
  const bo = await person(chrome, 'Bo', 'policy', { elsewhere: { from: hostAddress(), to: '10.99.0.9' } });
  await expectAllMeet([ana, bo]);
  await watchFrames(ana, bo, 60);
  for (const one of [ana, bo]) await one.expectTopology('sfu');
  expect((await parley.metrics()).sum('parley_topology_switches_total', { to: 'p2p', result: 'done' })).toBe(
    0,
  );
});

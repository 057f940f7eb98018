import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet } from '../support/media.ts';
import type { Person } from '../support/person.ts';

const kNames = ['Ana', 'Bo', 'Cid', 'Dee', 'Eli', 'Fay'];

for (const size of [3, 4, 6]) {
  test(`${size} people see and hear each other through the server`, async ({ crowd, server, person }) => {
    test.setTimeout(150_000);
    const parley = await server();
    const people: Person[] = [];
    const capture = { width: 320, height: 180 };
    for (const name of kNames.slice(0, size)) people.push(await person(crowd, name, 'group', { capture }));
    await expectAllMeet(people, { timeout: 90_000 });
    for (const one of people) {
      await one.expectTopology('sfu');
      await expect(one.page.getByTestId('tile')).toHaveCount(size);
    }
    const metrics = await parley.metrics();
    expect(metrics.sum('parley_participants')).toBe(size);
    expect(metrics.sum('parley_topology_rooms', { mode: 'sfu' })).toBe(1);
    for (const kind of ['audio', 'video']) {
      expect(metrics.sum('parley_rtp_packets_received_total', { kind })).toBeGreaterThan(0);
      expect(metrics.sum('parley_rtp_packets_sent_total', { kind })).toBeGreaterThan(0);
    }
  });
}

test('who leaves is gone from every page, and the others go on', async ({ crowd, server, person }) => {
  await server();
  const capture = { width: 320, height: 180 };
  const people: Person[] = [];
  for (const name of kNames.slice(0, 4)) people.push(await person(crowd, name, 'group', { capture }));
  await expectAllMeet(people, { timeout: 60_000 });
  const [gone, ...staying] = people;
  await gone?.button('leave').click();
  for (const one of staying) {
    await expect(one.tile('Ana')).toHaveCount(0);
    await expect(one.page.getByTestId('tile')).toHaveCount(3);
  }
  await expectAllMeet(staying);
});

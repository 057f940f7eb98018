import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet } from '../support/media.ts';
import type { Person } from '../support/person.ts';

test('a room spread over two media threads: everybody sees and hears everybody', async ({ crowd, server, person }) => {
  test.setTimeout(120_000);
  const parley = await server({ 'media.shards': 2, 'media.room_share': 1 });
  const people: Person[] = [];
  const capture = { width: 320, height: 180 };
  for (const name of ['Ana', 'Bo', 'Cid', 'Dee']) people.push(await person(crowd, name, 'spread', { capture }));
  await expectAllMeet(people, { timeout: 60_000 });
  const metrics = await parley.metrics();
  for (const shard of ['0', '1']) expect(metrics.sum('parley_datagrams_received_total', { shard })).toBeGreaterThan(0);
  expect(metrics.sum('parley_relayed_total')).toBeGreaterThan(0);
  expect(metrics.sum('parley_drops_total', { reason: 'relay_full' })).toBe(0);
  // Who was on a thread of its own leaves; the others go on.
  await people.shift()?.button('leave').click();
  for (const one of people) await expect(one.page.getByTestId('tile')).toHaveCount(3);
  await expectAllMeet(people);
});

// The rig itself: a recorder that could not see a missing picture would make switch.spec worthless.
import { expect, test } from '../support/fixtures.ts';
import { markGaps, readGaps } from '../support/gap-recorder.ts';
import { Metrics } from '../support/metrics.ts';
import { openPage } from '../support/page.ts';

const kTile = `<div data-testid="tile" data-self="false" data-source="camera" data-participant="p1" data-playing="true">
  <video autoplay muted style="width:320px;height:180px"></video></div>`;

test('the gap recorder measures a pause and sees a picture that is gone', async ({ chrome }) => {
  await using opened = await openPage(chrome, 'about:blank');
  const { page } = opened;
  await page.setContent(kTile);
  const person = { page, name: 'rig' };
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    let count = 0;
    window.setInterval(() => {
      if (document.body.dataset['pause'] !== '1') context?.fillRect(count++ % 300, 0, 5, 5);
    }, 50);
    const video = document.querySelector('video');
    if (video !== null) video.srcObject = canvas.captureStream();
    await video?.play();
  });
  const frames = async (): Promise<number> => (await readGaps(person)).tiles[0]?.frames ?? 0;

  await markGaps(person, ['p1']);
  await expect.poll(frames).toBeGreaterThan(20);
  const steady = await readGaps(person);
  expect(steady.tiles[0]?.problems).toEqual([]);
  expect(steady.tiles[0]?.longestGapMs).toBeLessThan(700);

  await page.evaluate(() => {
    document.body.dataset['pause'] = '1';
  });
  await expect.poll(async () => (await readGaps(person)).tiles[0]?.longestGapMs).toBeGreaterThan(1500);
  await page.evaluate(() => {
    document.body.dataset['pause'] = '0';
  });

  // 300 ms without a new frame, then 600 in which the page stands still, all in one gap.
  await markGaps(person, ['p1']);
  await page.evaluate(async () => {
    document.body.dataset['pause'] = '1';
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const until = performance.now() + 600; performance.now() < until;);
    document.body.dataset['pause'] = '0';
  });
  await expect.poll(frames).toBeGreaterThan(5);
  const tile = (await readGaps(person)).tiles[0];
  expect(tile?.longestGapMs).toBeGreaterThan(850);
  expect(tile?.stoodStillMs).toBeGreaterThan(550);
  expect((tile?.longestGapMs ?? 0) - (tile?.stoodStillMs ?? 0), 'of the gap').toBeGreaterThan(150);

  for (const spoil of [
    'tile.dataset.playing = "false"',
    'tile.querySelector("video").style.opacity = "0"',
    'tile.querySelector("video").srcObject = null',
    'tile.remove()',
  ]) {
    await page.evaluate(() => {
      const tile = document.querySelector<HTMLElement>('[data-testid="tile"]');
      if (tile === null) return;
      tile.dataset['playing'] = 'true';
      for (const video of tile.querySelectorAll('video')) video.style.opacity = '1';
    });
    await markGaps(person, ['p1']);
    await page.evaluate(`{ const tile = document.querySelector('[data-testid="tile"]'); ${spoil}; }`);
    await expect
      .poll(async () => (await readGaps(person)).tiles[0]?.problems.length, { message: spoil })
      .toBeGreaterThan(0);
  }
});

test('metrics are read by name and labels', () => {
  const metrics = new Metrics('# HELP a b\na{kind="x",q="1\\"2"} 3\na{kind="y"} 4\nab 5\nempty_total{} 0\n');
  expect(metrics.sum('a')).toBe(7);
  expect(metrics.sum('a', { kind: 'y' })).toBe(4);
  expect(metrics.sum('ab')).toBe(5);
  expect(metrics.sum('nothing')).toBe(0);
  expect(metrics.has('empty_total')).toBe(true);
});

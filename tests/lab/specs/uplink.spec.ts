// Sound that is lost on the way up: no repair of the server's brings it back, only its sender can send it twice.
import type { Stats } from '../../e2e/support/contract.ts';
import { expectReceives, watchFrames } from '../../e2e/support/media.ts';
import type { Person } from '../../e2e/support/person.ts';
import { expect, kFar, test, writeFigures } from '../support/fixtures.ts';
import { installProbe, sample } from '../support/probe.ts';
import { forgetRed, installSoundProbe, sentSound } from '../support/sound.ts';

const kLoss = 'loss=8%';
const kSeconds = 20;
/** Until it is noticed: two to three samples of 2 s, and a report each 5 s on a direct way. */
const kNoticedMs = 30_000;
/** The loss is forgotten after some 4 s, and 20 s clean are waited for. */
const kForgottenMs = 60_000;
/** Who sends plain packets; RED of one copy is nearly twice as large. */
const kTwice = 1.6;

const kSmall = { width: 320, height: 180 };

interface Measured {
  readonly bytes_per_packet: number;
  readonly packets: number;
}

/** What was sent in the time that `during` takes. */
async function measure(person: Person, during: () => Promise<void>): Promise<Measured> {
  const before = await sentSound(person);
  await during();
  const after = await sentSound(person);
  const packets = after.packets - before.packets;
  return { packets, bytes_per_packet: Math.round((after.bytes - before.bytes) / packets) };
}

async function becomes(person: Person, codec: string, timeout: number): Promise<number> {
  const begin = performance.now();
  await expect
    .poll(async () => (await sentSound(person)).codec, { message: `${person.name} sends ${codec}`, timeout })
    .toBe(codec);
  return Math.round(performance.now() - begin);
}

const lost = (stats: Stats, id: string): number =>
  stats.received.find((one) => one.participant === id && one.source === 'mic')?.packetsLost ?? 0;

test('whoever loses sound on the way up sends it twice to the server', async ({
  laboratory,
  wire,
  server,
  person,
}) => {
  await wire.set('both', kFar);
  await server({ 'p2p.mode': 'off' });
  const { publishers, receivers } = laboratory;
  const una = await person(receivers, 'Una', 'uplink', { capture: kSmall, before: [installSoundProbe] });
  const before = [forgetRed, installSoundProbe];
  const vic = await person(receivers, 'Vic', 'uplink', { camera: false, before });
  const bo = await person(publishers, 'Bo', 'uplink', { camera: false, mic: false });
  await expectReceives([bo], [una, vic], { video: false });
  const pause = (): Promise<void> => bo.page.waitForTimeout(kSeconds * 500);
  const plain = await measure(una, pause);
  expect((await sentSound(una)).codec).toBe('audio/opus');

  await wire.set('up', kLoss);
  const noticed_ms = await becomes(una, 'audio/red', kNoticedMs);
  const [unaId, vicId] = [await una.id(), await vic.id()];
  const start = await bo.stats();
  const vicSent = await sentSound(vic);
  const twice = await measure(una, () => bo.page.waitForTimeout(kSeconds * 1000));
  const end = await bo.stats();
  const plainPackets = (await sentSound(vic)).packets - vicSent.packets;
  const missing = {
    una: (lost(end, unaId) - lost(start, unaId)) / twice.packets,
    vic: (lost(end, vicId) - lost(start, vicId)) / plainPackets,
  };
  expect.soft((await sentSound(vic)).codec, 'a browser without RED goes on as it does').toBe('audio/opus');
  expect.soft(twice.bytes_per_packet / plain.bytes_per_packet).toBeGreaterThan(kTwice);
  await expectReceives([bo], [una, vic], { video: false });

  await wire.set('up', 'loss=0%');
  const forgotten_ms = await becomes(una, 'audio/opus', kForgottenMs);
  const again = await measure(una, pause);
  expect.soft(again.bytes_per_packet / plain.bytes_per_packet).toBeLessThan(kTwice);
  await expectReceives([bo], [una, vic], { video: false });
  await watchFrames(bo, una, 20);
  const figures = { noticed_ms, forgotten_ms, plain, twice, again, missing_share: missing };
  console.log(JSON.stringify(figures));
  await writeFigures('lab-uplink', figures);
  expect.soft(missing.vic, 'the loss is real').toBeGreaterThan(0.05);
  expect.soft(missing.una, 'two in a row must be lost for a hole').toBeLessThan(0.02);
});

test('both ends of a direct call send their sound twice while it gets lost', async ({
  laboratory,
  wire,
  server,
  person,
}) => {
  await wire.set('both', kFar);
  await server();
  const { publishers, receivers } = laboratory;
  const before = [installProbe, installSoundProbe];
  const una = await person(receivers, 'Una', 'uplink-direct', { camera: false, before });
  const bo = await person(publishers, 'Bo', 'uplink-direct', { camera: false, before });
  const both = [una, bo];
  await expectReceives(both, both, { video: false });
  for (const one of both) await one.expectTopology('p2p');
  const plain = await measure(una, () => bo.page.waitForTimeout(kSeconds * 500));

  await wire.set('both', kLoss);
  const noticed_ms = await Promise.all(both.map((one) => becomes(one, 'audio/red', kNoticedMs)));
  const start = await Promise.all(both.map(sample));
  const twice = await measure(una, () => bo.page.waitForTimeout(kSeconds * 1000));
  const end = await Promise.all(both.map(sample));
  const concealed_share = end.map(({ audio }, index) => {
    const first = start[index]?.audio ?? audio;
    return (audio.concealed - first.concealed) / (audio.samples - first.samples);
  });
  expect.soft(twice.bytes_per_packet / plain.bytes_per_packet).toBeGreaterThan(kTwice);

  await wire.set('both', 'loss=0%');
  const forgotten_ms = await Promise.all(both.map((one) => becomes(one, 'audio/opus', kForgottenMs)));
  await expectReceives(both, both, { video: false });
  for (const one of both) await one.expectTopology('p2p');
  const figures = { noticed_ms, forgotten_ms, plain, twice, concealed_share };
  console.log(JSON.stringify(figures));
  await writeFigures('lab-uplink-direct', figures);
  for (const share of concealed_share) expect.soft(share, 'of the sound').toBeLessThan(0.03);
});

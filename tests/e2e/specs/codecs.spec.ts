// The codecs besides VP8: real encoders' layers through the server to real decoders.
import type { Received } from '../support/contract.ts';
import { expect, test } from '../support/fixtures.ts';
import { expectAllMeet, watchFrames } from '../support/media.ts';
import type { Person } from '../support/person.ts';

const kSmall = { width: 320, height: 180 };
/** Enough for three spatial layers, the smallest of 240 x 135. */
const kLarge = { width: 960, height: 540 };

/** What `receiver` decodes of the camera of `sender` now. */
async function shown(receiver: Person, sender: Person): Promise<Received | undefined> {
  const id = await sender.id();
  const { received } = await receiver.stats();
  return received.find((entry) => entry.participant === id && entry.source === 'camera');
}

/** The middle layer of what `sender` makes: 480 of a camera of 960, less only where its encoder makes smaller pictures. */
async function middleWidth(sender: Person, codec: string): Promise<number> {
  const camera = (await sender.stats()).sent.filter(({ source }) => source === 'camera');
  const widthOf = ({ frameWidth }: { readonly frameWidth: number }): number => frameWidth;
  if (codec === 'H264') return Math.max(0, ...camera.filter(({ rid }) => rid === 'm').map(widthOf));
  return Math.max(0, ...camera.map(widthOf)) / 2;
}

async function expectCodec(
  people: readonly Person[],
  senders: readonly Person[],
  codec: string,
): Promise<void> {
  for (const sender of senders) {
    for (const receiver of people) {
      if (receiver === sender) continue;
      await expect
        .poll(async () => (await shown(receiver, sender))?.codec, {
          message: `${receiver.name} decodes ${codec} of ${sender.name}`,
          timeout: 40_000,
        })
        .toBe(codec);
      await watchFrames(receiver, sender, 20);
    }
  }
}

for (const codec of ['VP9', 'AV1', 'H264']) {
  test(`three people see each other in ${codec} where they ask for it`, async ({ crowd, server, person }) => {
    test.setTimeout(150_000);
    await server();
    const asked = { codec: codec.toLowerCase() };
    const ana = await person(crowd, 'Ana', 'codecs', { ...asked, capture: kLarge });
    const bo = await person(crowd, 'Bo', 'codecs', { ...asked, capture: kSmall });
    const cy = await person(crowd, 'Cy', 'codecs', { ...asked, capture: kSmall });
    const people = [ana, bo, cy];
    await expectAllMeet(people, { timeout: 60_000 });
    await expectCodec(people, people, codec);
    // The server leaves out the layers that are larger than the tile.
    await expect(async () => {
      const middle = await middleWidth(ana, codec);
      expect(middle, 'what Ana makes').toBeGreaterThan(0);
      expect((await shown(bo, ana))?.frameWidth, 'a layer that suits the tile').toBe(middle);
    }).toPass({ timeout: 20_000 });
  });
}

test('who asks for nothing sends VP8 beside the others', async ({ crowd, server, person }) => {
  test.setTimeout(150_000);
  await server({ 'p2p.mode': 'off' });
  const ana = await person(crowd, 'Ana', 'codecs', { codec: 'vp9', capture: kSmall });
  const bo = await person(crowd, 'Bo', 'codecs', { capture: kSmall });
  await expectAllMeet([ana, bo], { timeout: 60_000 });
  await expectCodec([ana, bo], [ana], 'VP9');
  await expectCodec([ana, bo], [bo], 'VP8');
});

/** Keeps the page's peer connections for `encoders`. Must not use anything from outside itself. */
function keepPeers(): void {
  const peers: RTCPeerConnection[] = [];
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, parameters: ConstructorParameters<typeof RTCPeerConnection>) {
      const peer = new target(...parameters);
      peers.push(peer);
      return peer;
    },
  });
  Object.assign(window, { keptPeers: peers });
}

/** What encodes the camera, and each encoding's temporal layers. */
async function encoders(person: Person): Promise<Readonly<Record<string, string>>> {
  return person.page.evaluate(async () => {
    const { keptPeers } = window as unknown as { readonly keptPeers: readonly RTCPeerConnection[] };
    const found: Record<string, string> = {};
    for (const peer of keptPeers) {
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== 'outbound-rtp' || stat.kind !== 'video' || (stat.framesEncoded ?? 0) === 0)
          continue;
        found[stat.rid ?? ''] = `${stat.encoderImplementation ?? ''} ${stat.scalabilityMode ?? ''}`;
      }
    }
    return found;
  });
}

test("each of VP8's sizes has an encoder of its own", async ({ crowd, server, person }) => {
  await server({ 'p2p.mode': 'off' });
  const ana = await person(crowd, 'Ana', 'codecs', { capture: kLarge, before: [keepPeers] });
  const small = { width: 480, height: 320 };
  const bo = await person(crowd, 'Bo', 'codecs', { capture: kSmall, viewport: small });
  const cy = await person(crowd, 'Cy', 'codecs', { capture: kSmall, viewport: { width: 1480, height: 860 } });
  await expectAllMeet([ana, bo, cy], { timeout: 60_000 });
  await expect
    .poll(async () => encoders(ana), {
      message: 'the smallest for Bo and a larger one for Cy',
      timeout: 20_000,
    })
    .toMatchObject({
      l: expect.stringMatching(/^SimulcastEncoderAdapter \(libvpx, libvpx.* L1T2$/u),
      h: expect.stringMatching(/^SimulcastEncoderAdapter \(libvpx, libvpx.* L1T3$/u),
    });
});

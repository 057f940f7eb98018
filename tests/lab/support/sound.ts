// What a page sends of its sound: whether each packet has a copy of the one before it (RED).
import type { Person } from '../../e2e/support/person.ts';

export interface SentSound {
  /** What the sender has negotiated to send first. Chromium's outbound-rtp names the codec within RED, whatever is sent. */
  readonly codec: string;
  readonly packets: number;
  readonly bytes: number;
}

declare global {
  interface Window {
    labSentSound?: () => Promise<SentSound[]>;
  }
}

/** Must not use anything from outside itself. */
export function installSoundProbe(): void {
  const peers = new Set<RTCPeerConnection>();
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, parameters: ConstructorParameters<typeof RTCPeerConnection>) {
      const peer = new target(...parameters);
      peers.add(peer);
      return peer;
    },
  });
  window.labSentSound = async () => {
    const found: SentSound[] = [];
    for (const peer of peers) {
      if (peer.connectionState === 'closed') continue;
      for (const sender of peer.getSenders()) {
        if (sender.track?.kind !== 'audio') continue;
        for (const stat of (await sender.getStats()).values()) {
          if (stat.type !== 'outbound-rtp') continue;
          const codec = sender.getParameters().codecs[0]?.mimeType ?? '';
          found.push({ codec, packets: stat.packetsSent, bytes: stat.bytesSent });
        }
      }
    }
    return found;
  };
}

/** A browser that knows no RED, as Firefox. Must not use anything from outside itself. */
export function forgetRed(): void {
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (this: RTCPeerConnection, what, init) {
    const transceiver = add.call(this, what, init);
    if (what === 'audio') {
      const codecs = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
      transceiver.setCodecPreferences(
        codecs.filter(({ mimeType }) => mimeType.toLowerCase() !== 'audio/red'),
      );
    }
    return transceiver;
  };
}

export async function sentSound(person: Person): Promise<SentSound> {
  const all = await person.page.evaluate(() => window.labSentSound?.());
  const [one] = all ?? [];
  if (one === undefined || all?.length !== 1)
    throw new Error(`${person.name} sends sound ${all?.length ?? 'without a probe'} times, not once`);
  return one;
}

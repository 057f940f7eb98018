// Changes to descriptions that a browser needs and has no other way for.

/** kbit/s that a direct sender begins with instead of about 300: enough for 720p from the first second. */
export const DIRECT_START_KBPS = 2000;

/**
 * Chromium starts a 720p sender at 320x180 and takes half a minute to reach full size. A start bitrate in the remote
 * description's VP8 line avoids it; other browsers ignore the parameter, but we only write it for Chromium. The server
 * writes its own into its answers.
 */
export function withStartBitrate(sdp: string, kbps: number): string {
  const parameter = `x-google-start-bitrate=${kbps}`;
  return sdp
    .split(/(?=^m=)/m)
    .map((section) => {
      if (!section.startsWith('m=video')) return section;
      const payload = /^a=rtpmap:(\d+) VP8\/90000\r?$/im.exec(section)?.[1];
      if (payload === undefined) return section;
      const existing = new RegExp(`^(a=fmtp:${payload} [^\\r\\n]*)`, 'm');
      if (existing.test(section)) return section.replace(existing, `$1;${parameter}`);
      return section.replace(
        new RegExp(`^(a=rtpmap:${payload} [^\\r\\n]*)(\\r?\\n)`, 'm'),
        `$1$2a=fmtp:${payload} ${parameter}$2`,
      );
    })
    .join('');
}

interface NamedCodec {
  readonly mimeType: string;
}

const isCodec = ({ mimeType }: NamedCodec, codec: string): boolean =>
  mimeType.toLowerCase() === `video/${codec}`;

/** `codec` ("vp8") first, everything else kept: Firefox writes broken offers when codecs are removed (rtcp-fb of absent payloads). */
export function codecFirst<Codec extends NamedCodec>(
  codecs: readonly Codec[],
  codec: string,
): Codec[] | null {
  const first = codecs[0];
  if (first === undefined || isCodec(first, codec) || !codecs.some((one) => isCodec(one, codec))) return null;
  return [
    ...codecs.filter((one) => isCodec(one, codec)),
    ...codecs.filter((other) => !isCodec(other, codec)),
  ];
}

/**
 * The order for setCodecPreferences, which takes what a browser receives, of an m-line that sends too, and leaves out by itself what
 * it can't send. So one that can be shown and not made would be first for nothing, and VP8 somewhere. `sends`: what it can send;
 * null: the m-line only receives.
 */
export function preferenceOrder<Codec extends NamedCodec>(
  receives: readonly Codec[],
  sends: readonly NamedCodec[] | null,
  codec: string,
): Codec[] | null {
  const possible = sends === null || sends.some((one) => isCodec(one, codec));
  return codecFirst(receives, possible ? codec : 'vp8');
}

export function preferCodec(transceiver: RTCRtpTransceiver, codec = 'vp8'): void {
  const receives = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const sends =
    transceiver.direction === 'recvonly' ? null : (RTCRtpSender.getCapabilities('video')?.codecs ?? []);
  const reordered = preferenceOrder(receives, sends, codec);
  if (reordered !== null) transceiver.setCodecPreferences(reordered);
}

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

/** `codec` ("vp8") first, everything else kept: Firefox writes broken offers when codecs are removed (rtcp-fb of absent payloads). */
export function codecFirst<Codec extends { readonly mimeType: string }>(
  codecs: readonly Codec[],
  codec: string,
): Codec[] | null {
  const isIt = ({ mimeType }: Codec): boolean => mimeType.toLowerCase() === `video/${codec}`;
  const first = codecs[0];
  if (first === undefined || isIt(first) || !codecs.some(isIt)) return null;
  return [...codecs.filter(isIt), ...codecs.filter((other) => !isIt(other))];
}

export function preferCodec(transceiver: RTCRtpTransceiver, codec = 'vp8'): void {
  const reordered = codecFirst(RTCRtpReceiver.getCapabilities('video')?.codecs ?? [], codec);
  if (reordered !== null) transceiver.setCodecPreferences(reordered);
}

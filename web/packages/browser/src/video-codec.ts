// Which codec is sent, and in which encodings. Only Chromium takes `encodings[].codec`, the change without a negotiation;
// other browsers send the first codec of the answer, which is VP8.
import { layersFor, planLayers, type PlannedLayer } from './layer-plan.ts';
import type { WantedEncoding } from './sender-control.ts';

/** By the protocol's words, those that this page sends. */
export const VIDEO_CODECS = ['vp8', 'vp9', 'av1', 'h264'] as const;
export type VideoCodec = (typeof VIDEO_CODECS)[number];

/** What is sent unless somebody asks: the cheapest to encode three times. */
const USUAL: VideoCodec = 'vp8';
const SCALABLE: ReadonlySet<VideoCodec> = new Set<VideoCodec>(['vp9', 'av1']);
/** Spatial layers that depend on each other in key pictures only: a viewer gets one of them, without the lower ones. */
const MODES = ['L1T3', 'L2T3_KEY', 'L3T3_KEY'] as const;
/** About what the three encodings of simulcast take together. */
const SCALABLE_MAX_BITRATE = 2_000_000;

export function isVideoCodec(word: string): word is VideoCodec {
  return VIDEO_CODECS.some((codec) => codec === word);
}

/** `room`: what everybody can be shown, best known first; empty before the server said it. */
export function chooseCodec(asked: VideoCodec | null, room: readonly string[]): VideoCodec {
  return asked !== null && room.includes(asked) ? asked : USUAL;
}

interface Codec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string;
}

/** Among those negotiated; undefined before a negotiation, or where the browser has no such codec. */
export function negotiatedCodec<Known extends Codec>(
  negotiated: readonly Known[],
  codec: VideoCodec,
): Known | undefined {
  return negotiated.find(({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`);
}

/**
 * VP8's temporal layers of encoding `index` of `count`. The smaller ones are what slow viewers get: of two layers the lower one alone
 * is half the pictures for 60 % of the rate, where of three it is a quarter for 40 %. And unequal numbers make Chromium encode each
 * size by itself, so that a key frame asked of one doesn't cost the others one (docs/adr/0017).
 */
function simulcastMode(index: number, count: number): string {
  return index === 0 || index < count - 1 ? 'L1T2' : 'L1T3';
}

/** Simulcast, or one stream with layers in the first encoding. */
export function planCodec(
  codec: VideoCodec,
  width: number,
  height: number,
  wanted: readonly string[] | null,
): readonly (PlannedLayer & Pick<WantedEncoding, 'scalabilityMode'>)[] {
  const simulcast = planLayers(width, height, wanted);
  const count = layersFor(width, height);
  if (codec === 'vp8')
    return simulcast.map((layer, index) => ({ ...layer, scalabilityMode: simulcastMode(index, count) }));
  if (!SCALABLE.has(codec)) return simulcast;
  const mode = MODES[count - 1] ?? MODES[0];
  return simulcast.map((layer, index) => ({
    ...layer,
    active: index === 0 && wanted?.length !== 0,
    scaleResolutionDownBy: 1,
    maxBitrate: SCALABLE_MAX_BITRATE,
    scalabilityMode: mode,
  }));
}

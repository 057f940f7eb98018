import { describe, expect, it } from 'vitest';
import { chooseCodec, isVideoCodec, negotiatedCodec, planCodec } from './video-codec.ts';

describe('chooseCodec', () => {
  it('takes what was asked for only where everybody takes it', () => {
    expect(chooseCodec('vp9', ['vp8', 'vp9', 'av1', 'h264'])).toBe('vp9');
    expect(chooseCodec('vp9', ['vp8', 'h264'])).toBe('vp8');
    expect(chooseCodec('vp9', [])).toBe('vp8');
    expect(chooseCodec(null, ['vp8', 'vp9', 'av1'])).toBe('vp8');
  });

  it('knows the words', () => {
    expect(isVideoCodec('vp9')).toBe(true);
    expect(isVideoCodec('av1')).toBe(true);
    expect(isVideoCodec('h265')).toBe(false);
  });
});

describe('negotiatedCodec', () => {
  it('finds the codec among those of a sender', () => {
    const codecs = ['video/rtx', 'video/VP8', 'video/VP9'].map((mimeType) => ({ mimeType }));
    expect(negotiatedCodec(codecs, 'vp9')).toBe(codecs[2]);
    expect(negotiatedCodec(codecs, 'h264')).toBeUndefined();
  });
});

describe('planCodec', () => {
  it('sends one stream with layers, as large as the capture', () => {
    const plan = planCodec('vp9', 1280, 720, ['l', 'h']);
    expect(plan.map(({ rid, active }) => [rid, active])).toEqual([
      ['l', true],
      ['m', false],
      ['h', false],
    ]);
    expect(plan[0]).toMatchObject({ scaleResolutionDownBy: 1, scalabilityMode: 'L3T3_KEY' });
    expect(planCodec('vp9', 640, 360, null)[0]).toMatchObject({ active: true, scalabilityMode: 'L2T3_KEY' });
    expect(planCodec('vp9', 320, 180, null)[0]?.scalabilityMode).toBe('L1T3');
    expect(planCodec('av1', 1280, 720, null)[0]?.scalabilityMode).toBe('L3T3_KEY');
  });

  it('rests when nobody looks', () => {
    expect(planCodec('vp9', 1280, 720, []).some(({ active }) => active)).toBe(false);
  });

  it('sends VP8 with fewer temporal layers in all sizes but the largest', () => {
    const modes = (width: number, height: number): readonly unknown[] =>
      planCodec('vp8', width, height, null).map(({ active, scalabilityMode }) => active && scalabilityMode);
    expect(modes(1280, 720)).toEqual(['L1T2', 'L1T2', 'L1T3']);
    expect(modes(640, 480)).toEqual(['L1T2', 'L1T3', false]);
    expect(modes(320, 180)).toEqual(['L1T2', false, false]);
    expect(planCodec('vp8', 0, 0, [])[0], 'as it is asked for first').toMatchObject({
      active: false,
      scalabilityMode: 'L1T2',
    });
  });

  it('leaves the others to simulcast', () => {
    const plan = planCodec('h264', 1280, 720, null);
    expect(plan.map(({ active, scaleResolutionDownBy }) => [active, scaleResolutionDownBy])).toEqual([
      [true, 4],
      [true, 2],
      [true, 1],
    ]);
    expect(plan[0]).not.toHaveProperty('scalabilityMode');
  });
});

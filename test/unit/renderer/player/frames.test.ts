import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateFrameRate, frameAt, shuttle, stepTime } from '../../../../renderer/player/frames.ts';

const RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 60];

it('a step of one frame is one frame, wherever it starts and whatever the rate', () => {
  fc.assert(
    fc.property(fc.constantFrom(...RATES), fc.integer({ min: 1, max: 5000 }), (rate, frame) => {
      const inFrame = (frame + 0.5) / rate;
      expect(frameAt(stepTime(inFrame, 1, rate, 10_000), rate)).toBe(frame + 1);
      expect(frameAt(stepTime(inFrame, -1, rate, 10_000), rate)).toBe(frame - 1);
    }),
  );
});

it('stays between the first and the last frame', () => {
  expect(stepTime(0, -1, 24, 10)).toBeCloseTo(0.5 / 24);
  expect(frameAt(stepTime(10, 5, 24, 10), 24)).toBe(239);
});

describe('the frame rate', () => {
  const timesAt = (rate: number) => Array.from({ length: 40 }, (_, frame) => frame / rate);
  it.each(RATES)('%f is recognised', (rate) => expect(estimateFrameRate(timesAt(rate))).toBeCloseTo(rate, 6));
  it('is recognised although frames were dropped', () => {
    const dropped = timesAt(24).filter((_, index) => index % 5 !== 3);
    expect(estimateFrameRate(dropped)).toBe(24);
  });
  it('is not guessed from a few frames', () => expect(estimateFrameRate([0, 1 / 24, 2 / 24])).toBeUndefined());
});

it('J and L double the speed in their direction', () => {
  expect([0, 1, 2, 4, 8].map((speed) => shuttle(speed, 1))).toEqual([1, 2, 4, 8, 8]);
  expect([0, -1, -8, 4].map((speed) => shuttle(speed, -1))).toEqual([-1, -2, -8, -1]);
});

import fc from 'fast-check';
import Timecode from 'smpte-timecode';
import { describe, expect, it } from 'vitest';
import { frameOfTimecode, framesPerDay, mayDrop, timecodeOf } from '../../../shared/timecode.ts';

const DF30 = { framesPerSecond: 30, drop: true };
const DF60 = { framesPerSecond: 60, drop: true };
const BASES = [
  ...[24, 25, 30, 48, 50, 60, 100, 120].map((framesPerSecond) => ({ framesPerSecond, drop: false })),
  DF30,
  DF60,
  { framesPerSecond: 120, drop: true },
];

/** Oracle: every label of a day in order, those of ST 12-1, 5.2.2 left out. */
function* labelsOfDay(framesPerSecond: number): Generator<string> {
  const two = (value: number) => String(value).padStart(2, '0');
  for (let minute = 0; minute < 24 * 60; minute++) {
    for (let second = 0; second < 60; second++) {
      const first = second === 0 && minute % 10 !== 0 ? framesPerSecond / 15 : 0;
      for (let frame = first; frame < framesPerSecond; frame++) {
        yield `${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(second)};${two(frame)}`;
      }
    }
  }
}

it.each([
  [DF30, 2_589_408],
  [DF60, 5_178_816],
])('a whole day of drop-frame: every label once, in order, and back: %o', (base, count) => {
  let frame = 0;
  for (const label of labelsOfDay(base.framesPerSecond)) {
    // One comparison a frame: expect() for each of millions would take minutes.
    if (timecodeOf(frame, base) !== label || frameOfTimecode(label, base) !== frame) {
      expect([timecodeOf(frame, base), frameOfTimecode(label, base)]).toEqual([label, frame]);
    }
    frame += 1;
  }
  expect(frame).toBe(count);
  expect(framesPerDay(base)).toBe(count);
  expect(timecodeOf(count, base)).toBe(timecodeOf(0, base));
});

describe('against an independent library', () => {
  it.each([
    [29.97, DF30],
    [59.94, DF60],
  ] as const)('%d drop-frame, through the whole day', (rate, base) => {
    // Each frame about where numbers are left out, and between them at a stride that meets every number in time.
    const perMinute = base.framesPerSecond * 60;
    for (let frame = 0; frame < framesPerDay(base); frame += frame % perMinute < 80 ? 1 : 61) {
      const label = timecodeOf(frame, base);
      const theirs = [Timecode(frame, rate, true).toString(), Timecode(label, rate, true).frameCount];
      if (theirs[0] !== label || theirs[1] !== frame) expect(theirs).toEqual([label, frame]);
    }
  });

  it.each([24, 25, 30, 50, 60] as const)('%d without', (rate) => {
    const base = { framesPerSecond: rate, drop: false };
    for (let frame = 0; frame < framesPerDay(base); frame += 997) {
      expect(timecodeOf(frame, base)).toBe(Timecode(frame, rate, false).toString());
    }
  });
});

it('any frame of any base comes back from its timecode', () => {
  fc.assert(
    fc.property(fc.constantFrom(...BASES), fc.integer({ min: -10_000_000, max: 10_000_000 }), (base, frame) => {
      const day = framesPerDay(base);
      expect(frameOfTimecode(timecodeOf(frame, base), base)).toBe(((frame % day) + day) % day);
    }),
  );
});

it('any text is a timecode or is not', () => {
  fc.assert(
    fc.property(fc.constantFrom(...BASES), fc.string(), (base, text) => {
      const frame = frameOfTimecode(text, base);
      if (frame !== undefined) expect(frame).toBeLessThan(framesPerDay(base));
    }),
  );
});

it('takes what people type, and refuses what there is not', () => {
  const base = { framesPerSecond: 25, drop: false };
  expect(frameOfTimecode('01:00:00:00', base)).toBe(90_000);
  expect(frameOfTimecode(' 1:2.3 ', base)).toBe(60 * 25 + 2 * 25 + 3);
  expect(frameOfTimecode('12:03', base)).toBe(303);
  for (const wrong of ['', '12', '00:00:00:25', '00:00:60:00', '24:00:00:00', '1:2:3:4:5', 'a:b', '-1:00']) {
    expect(frameOfTimecode(wrong, base)).toBeUndefined();
  }
  expect(frameOfTimecode('00:01:00;01', DF30)).toBeUndefined();
  expect(frameOfTimecode('00:10:00;01', DF30)).toBe(17_983);
});

it('only multiples of 30 can drop numbers', () => {
  expect([24, 25, 30, 50, 60, 120].filter(mayDrop)).toEqual([30, 60, 120]);
  expect(timecodeOf(25 * 60, { framesPerSecond: 25, drop: true })).toBe('00:01:00:00');
});

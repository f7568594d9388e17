import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameTable } from '../../../../../renderer/player/table/frameTable.ts';

const gaps = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 200 });
/** A table with any gaps between its pictures. */
const tables = fc.record({
  gaps,
  first: fc.integer({ min: 0, max: 10_000 }),
  timescale: fc.integer({ min: 1, max: 90_000 }),
});

function tableOf({
  gaps: lasting,
  first,
  timescale,
}: {
  gaps: number[];
  first: number;
  timescale: number;
}): FrameTable {
  let at = first;
  const ticks = lasting.map((gap) => (at += gap) - gap);
  return new FrameTable({ ticks: Float64Array.from(ticks), timescale, end: at });
}

describe('any table', () => {
  it('has each picture, and nothing else, on screen at its middle', () => {
    fc.assert(
      fc.property(tables, (given) => {
        const table = tableOf(given);
        for (let frame = 0; frame < table.count; frame++) {
          expect(table.frameOn(table.middleOf(frame))).toBe(frame);
          expect(table.frameOf(table.timeOf(frame))).toBe(frame);
          expect(table.middleOf(frame)).toBeGreaterThan(table.timeOf(frame));
          expect(table.middleOf(frame)).toBeLessThan(table.end);
        }
      }),
    );
  });

  it('knows no picture at a time at which none begins', () => {
    fc.assert(
      fc.property(tables, (given) => {
        const table = tableOf(given);
        for (let frame = 0; frame < table.count; frame++) expect(table.frameOf(table.middleOf(frame))).toBeUndefined();
        expect(table.frameOf(-1)).toBeUndefined();
        expect(table.frameOf(table.end + 1)).toBeUndefined();
      }),
    );
  });

  it('has a picture at any time', () => {
    fc.assert(
      fc.property(tables, fc.double({ min: -10, max: 1e6, noNaN: true }), (given, seconds) => {
        const table = tableOf(given);
        const frame = table.frameOn(seconds);
        expect(frame).toBeGreaterThanOrEqual(0);
        expect(frame).toBeLessThan(table.count);
      }),
    );
  });
});

it('takes the time that an engine gives in whole microseconds, and no neighbour', () => {
  const table = FrameTable.steady(400, { numerator: 60_000, denominator: 1001 });
  for (let frame = 0; frame < 400; frame++) {
    expect(table.frameOf(Math.floor(((frame * 1001) / 60_000) * 1e6) / 1e6)).toBe(frame);
  }
  expect(table.frameOf(1001 / 60_000 + 0.006)).toBeUndefined();
});

it('knows the rate of times that were rounded to milliseconds, and none of uneven ones', () => {
  const rounded = (rate: number) => Float64Array.from({ length: 500 }, (_, frame) => Math.round((frame * 1000) / rate));
  const rateOf = (ticks: Float64Array) =>
    new FrameTable({ ticks, timescale: 1000, end: (ticks.at(-1) ?? 0) + 41 }).rate;
  expect(rateOf(rounded(24))).toEqual({ numerator: 24, denominator: 1 });
  expect(rateOf(rounded(24_000 / 1001))).toEqual({ numerator: 24_000, denominator: 1001 });
  expect(rateOf(rounded(60_000 / 1001))).toEqual({ numerator: 60_000, denominator: 1001 });
  expect(rateOf(rounded(23))).toBeUndefined();
  expect(FrameTable.steady(10, { numerator: 23, denominator: 1 }).rate).toEqual({ numerator: 23, denominator: 1 });
});

it('a film at twice the rate of its timecode has two pictures a timecode', () => {
  const startTimecode = { frame: 90_000, framesPerSecond: 25, drop: false, rate: { numerator: 25, denominator: 1 } };
  const ticks = Float64Array.from({ length: 200 }, (_, frame) => frame * 256);
  const table = new FrameTable({ ticks, timescale: 12_800, end: 200 * 256, startTimecode });
  expect([0, 1, 2, 3, 199].map((frame) => table.timecodeOf(frame))).toEqual([
    '01:00:00:00',
    '01:00:00:00',
    '01:00:00:01',
    '01:00:00:01',
    '01:00:03:24',
  ]);
  expect(table.frameOfTimecode(90_001)).toBe(2);
});

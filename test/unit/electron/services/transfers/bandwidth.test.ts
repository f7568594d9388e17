import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Bandwidth,
  rateAt,
  UNLIMITED,
  type BandwidthRules,
} from '../../../../../electron/services/transfers/bandwidth.ts';

const MIB = 1024 ** 2;
const HOUR = 60;
const rules = (changes: Partial<BandwidthRules>): BandwidthRules => ({ ...UNLIMITED, ...changes });

describe('rateAt', () => {
  const office = rules({
    bytesPerSecond: 10 * MIB,
    hours: [
      { from: 9 * HOUR, to: 18 * HOUR, bytesPerSecond: MIB },
      { from: 22 * HOUR, to: 6 * HOUR, bytesPerSecond: null },
    ],
  });
  it.each([
    [8 * HOUR + 59, 10 * MIB],
    [9 * HOUR, MIB],
    [17 * HOUR + 59, MIB],
    [18 * HOUR, 10 * MIB],
    [23 * HOUR, null],
    [0, null],
    [6 * HOUR, 10 * MIB],
  ])('at minute %d of the day it is %s', (minute, rate) => {
    expect(rateAt(office, minute)).toBe(rate);
  });

  it('never exceeds the ceiling of the admin', () => {
    expect(rateAt({ ...office, ceiling: 2 * MIB }, 0)).toBe(2 * MIB);
    expect(rateAt({ ...office, ceiling: 2 * MIB }, 10 * HOUR)).toBe(MIB);
  });

  it('is never so low that a line falls silent', () => {
    expect(rateAt(rules({ bytesPerSecond: 1 }), 0)).toBe(16 * 1024);
  });
});

/** A clock that sleeping moves. */
function limited(bytesPerSecond: number | null) {
  const clock = { now: 1_000_000 };
  const sleep = (milliseconds: number) => {
    clock.now += milliseconds;
    return Promise.resolve();
  };
  return { clock, bandwidth: new Bandwidth({ rules: rules({ bytesPerSecond }), now: () => clock.now, sleep }) };
}

it('lets through what the limit says over any time, whatever the slices', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 64 * 1024, max: 100 * MIB }),
      fc.array(fc.integer({ min: 1, max: 256 * 1024 }), { minLength: 50, maxLength: 300 }),
      async (rate, slices) => {
        const { clock, bandwidth } = limited(rate);
        const from = clock.now;
        for (const slice of slices) await bandwidth.take(slice, AbortSignal.abort());
        const last = slices.at(-1) ?? 0;
        const bytes = slices.reduce((sum, slice) => sum + slice, 0) - last;
        const elapsed = clock.now - from;
        // A tenth of a second may go out at once; a millisecond is what a timer can tell apart.
        expect(bytes).toBeLessThanOrEqual((rate * (elapsed + 100)) / 1000 + 1);
        expect(elapsed).toBeLessThanOrEqual((bytes / rate) * 1000 + slices.length);
      },
    ),
  );
});

it('does not save up silence', async () => {
  const { clock, bandwidth } = limited(MIB);
  clock.now += 3_600_000;
  await bandwidth.take(MIB / 10, AbortSignal.abort());
  expect(bandwidth.reserve(MIB)).toBeLessThanOrEqual(1);
  expect(bandwidth.reserve(1)).toBeGreaterThan(900);
});

it('has no say without a limit, and changes at once', async () => {
  const { bandwidth } = limited(null);
  expect(bandwidth.reserve(1000 * MIB)).toBe(0);
  expect(bandwidth.sliceSize()).toBe(256 * 1024);
  bandwidth.setRules(rules({ bytesPerSecond: 64 * 1024 }));
  expect(bandwidth.sliceSize()).toBe(4 * 1024);
  await bandwidth.take(64 * 1024, AbortSignal.abort());
  expect(bandwidth.reserve(1)).toBeGreaterThan(800);
});

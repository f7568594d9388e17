import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BandwidthLimiter, UNLIMITED } from '../../../../../../electron/services/transfers/http/bandwidthLimiter.ts';
import type { BandwidthRules } from '../../../../../../shared/bandwidth.ts';
import { MIB } from '../../../../../../shared/units.ts';

const rules = (changes: Partial<BandwidthRules>): BandwidthRules => ({ ...UNLIMITED, ...changes });

/** A clock that sleeping moves. */
function limited(bytesPerSecond: number | null) {
  const clock = { now: 1_000_000 };
  const sleep = (milliseconds: number) => {
    clock.now += milliseconds;
    return Promise.resolve();
  };
  const time = { now: Date.UTC(2026, 5, 1, 12) };
  const clocks = { now: () => time.now, clock: () => clock.now };
  return { time, clock, bandwidth: new BandwidthLimiter({ rules: rules({ bytesPerSecond }), ...clocks, sleep }) };
}

it.each([-3_600_000, 3_600_000])('does not notice when the clock of this computer is moved by %d ms', (by) => {
  const { time, clock, bandwidth } = limited(20 * MIB);
  bandwidth.reserve(256 * 1024);
  time.now += by;
  clock.now += 100;
  expect(bandwidth.reserve(256 * 1024)).toBeLessThan(100);
  expect(bandwidth.reserve(20 * MIB)).toBeLessThan(200);
  expect(bandwidth.reserve(1)).toBeGreaterThan(800);
});

it('lets through what the limit says over any time, for any slices', async () => {
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

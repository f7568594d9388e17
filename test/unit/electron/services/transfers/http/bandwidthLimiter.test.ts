import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BandwidthLimiter, UNLIMITED } from '../../../../../../electron/services/transfers/http/bandwidthLimiter.ts';
import { PlaybackYield } from '../../../../../../electron/services/transfers/http/playbackYield.ts';
import type { BandwidthRules } from '../../../../../../shared/bandwidth.ts';
import { MIB, SECOND_MS } from '../../../../../../shared/units.ts';

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

/** Milliseconds that the bytes waited. */
async function waitFor(
  { clock, bandwidth }: { clock: { now: number }; bandwidth: BandwidthLimiter },
  bytes: number,
): Promise<number> {
  const begun = clock.now;
  await bandwidth.take(bytes, new AbortController().signal);
  return clock.now - begun;
}

it.each([-3_600_000, 3_600_000])('does not notice when the clock of this computer is moved by %d ms', async (by) => {
  const limiter = limited(20 * MIB);
  await waitFor(limiter, 256 * 1024);
  limiter.time.now += by;
  limiter.clock.now += 100;
  expect(await waitFor(limiter, 256 * 1024)).toBeLessThan(100);
  expect(await waitFor(limiter, 20 * MIB)).toBeLessThan(200);
  expect(await waitFor(limiter, 1)).toBeGreaterThan(800);
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
  const limiter = limited(MIB);
  limiter.clock.now += 3_600_000;
  await waitFor(limiter, MIB / 10);
  expect(await waitFor(limiter, MIB)).toBeLessThanOrEqual(1);
  expect(await waitFor(limiter, 1)).toBeGreaterThan(900);
});

it('has no say without a limit, and changes at once', async () => {
  const limiter = limited(null);
  const { bandwidth } = limiter;
  expect(await waitFor(limiter, 1000 * MIB)).toBe(0);
  expect(bandwidth.sliceSize()).toBe(256 * 1024);
  bandwidth.setRules(rules({ bytesPerSecond: 64 * 1024 }));
  expect(bandwidth.sliceSize()).toBe(4 * 1024);
  await waitFor(limiter, 64 * 1024);
  expect(await waitFor(limiter, 1)).toBeGreaterThan(800);
});

it('lets those that wait go when the limit is lifted', async () => {
  const limiter = limited(64 * 1024);
  await waitFor(limiter, 64 * MIB);
  const begun = limiter.clock.now;
  const waits = { count: 0 };
  await limiter.bandwidth.take(1, new AbortController().signal, () => {
    waits.count += 1;
    if (waits.count === 3) limiter.bandwidth.setRules(rules({}));
  });
  expect(waits.count).toBe(3);
  expect(limiter.clock.now - begun).toBeLessThan(SECOND_MS);
});

it('takes the lower of its own limit and what a player leaves', async () => {
  const clock = { now: 0 };
  const playback = new PlaybackYield(() => clock.now);
  const sleep = (milliseconds: number) => {
    clock.now += milliseconds;
    return Promise.resolve();
  };
  const bandwidth = new BandwidthLimiter({
    ...{ rules: rules({ bytesPerSecond: 2 * MIB }), now: () => 0, clock: () => clock.now, sleep, playback },
  });
  const limiter = { clock, bandwidth };
  await waitFor(limiter, 2 * MIB);
  expect(await waitFor(limiter, 1)).toBeLessThanOrEqual(1000);
  playback.report('short');
  await waitFor(limiter, MIB);
  expect(await waitFor(limiter, 1)).toBeGreaterThan(1000);
  playback.report('over');
  await waitFor(limiter, MIB);
  expect(await waitFor(limiter, 1)).toBeLessThanOrEqual(500);
});

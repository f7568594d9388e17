import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attemptsFor, backoffDelay } from '../../../../../electron/services/runtime/backoff.ts';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

it('waits longer with each attempt, never longer than the most, never not at all', () => {
  expect([1, 2, 3, 7, 20].map((attempt) => backoffDelay(attempt, 1))).toEqual([500, 1000, 2000, 30_000, 30_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fraction, (attempt, random) => {
      const delay = backoffDelay(attempt, random);
      expect(delay).toBeGreaterThanOrEqual(50);
      expect(delay).toBeLessThanOrEqual(30_000);
    }),
  );
});

it('repeats only what repetition may cure', () => {
  expect(attemptsFor('access-denied')).toBe(1);
  expect(attemptsFor('credentials-expired')).toBe(1);
  expect(attemptsFor('slow-down')).toBeGreaterThan(attemptsFor('offline'));
});

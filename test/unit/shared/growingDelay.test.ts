import fc from 'fast-check';
import { expect, it } from 'vitest';
import { growingDelay } from '../../../shared/growingDelay.ts';

it('begins with the first wait, doubles it, and stops at the longest', () => {
  const growth = { first: 1000, most: 6000 };
  expect([0, 1, 2, 3, 50, 5000].map((before) => growingDelay(growth, before))).toEqual([
    1000, 2000, 4000, 6000, 6000, 6000,
  ]);
  expect(growingDelay({ ...growth, factor: 1.5 }, 1)).toBe(1500);
});

it('never shrinks and never exceeds the longest', () => {
  const growth = fc.record({ first: fc.integer({ min: 1, max: 1e6 }), most: fc.integer({ min: 1, max: 1e9 }) });
  fc.assert(
    fc.property(growth, fc.nat(2000), (one, before) => {
      const [wait, next] = [growingDelay(one, before), growingDelay(one, before + 1)];
      expect(wait).toBeLessThanOrEqual(next);
      expect(next).toBeLessThanOrEqual(one.most);
    }),
  );
});

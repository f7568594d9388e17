import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partRange, planParts } from '../../../../../../electron/services/transfers/upload/partPlan.ts';
import { GIB, MIB } from '../../../../../../shared/units.ts';

const MOST = 10_000 * 5 * GIB;

describe('planParts', () => {
  it.each([
    [0, 8 * MIB, 1],
    [1, 8 * MIB, 1],
    [8 * MIB, 8 * MIB, 1],
    [8 * MIB + 1, 8 * MIB, 2],
    [80_000 * MIB, 8 * MIB, 10_000],
    [80_000 * MIB + 1, 9 * MIB, 8889],
    [MOST, 5 * GIB, 10_000],
  ])('cuts %d bytes into parts of %d', (size, partSize, count) => {
    expect(planParts(size)).toEqual({ size, partSize, count });
  });

  it('keeps to the limits of S3, and its parts are the file', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MOST }), (size) => {
        const plan = planParts(size);
        expect(plan.count).toBeLessThanOrEqual(10_000);
        expect(plan.partSize % MIB).toBe(0);
        expect(plan.partSize).toBeGreaterThanOrEqual(8 * MIB);
        const last = partRange(plan, plan.count);
        expect(last.start + last.length).toBe(size);
        expect(last.length).toBeGreaterThan(0);
        expect(partRange(plan, 1).start).toBe(0);
        if (plan.count > 1) expect(partRange(plan, 2).start).toBe(partRange(plan, 1).length);
      }),
    );
  });

  it('goes on with the cut that an upload began with', () => {
    expect(planParts(100 * MIB, 5 * MIB).count).toBe(20);
  });

  it('refuses what S3 cannot keep', () => {
    expect(() => planParts(MOST + 1)).toThrow('48.8 TiB');
    expect(() => planParts(60_000 * MIB, 5 * MIB)).toThrow('48.8 TiB');
    expect(() => partRange(planParts(1), 2)).toThrow(RangeError);
  });
});

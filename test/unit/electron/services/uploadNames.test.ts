import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbered, partSizeOf } from '../../../../electron/services/uploads.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** S3 User Guide, "Amazon S3 multipart upload limits". */
const LARGEST = Math.floor(48.8 * 1024 * GIB);

describe('the size of parts', () => {
  it('property: keeps every limit of S3 for every file that S3 takes', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat().map((size) => size % (LARGEST + 1)),
        (size) => {
          const part = partSizeOf(size);
          expect(part % MIB).toBe(0);
          expect(part).toBeGreaterThanOrEqual(8 * MIB);
          expect(part).toBeLessThanOrEqual(5 * GIB);
          expect(Math.ceil(size / part)).toBeLessThanOrEqual(10_000);
        },
      ),
    );
  });

  it.each([
    [0, 8 * MIB],
    [5 * MIB, 8 * MIB],
    [80_000 * MIB, 8 * MIB],
    [80_000 * MIB + 1, 9 * MIB],
    [90_000 * MIB, 9 * MIB],
    [LARGEST, 5118 * MIB],
  ])('of a file of %d bytes is %d', (size, part) => {
    expect(partSizeOf(size)).toBe(part);
  });
});

describe('the next free name', () => {
  it.each([
    ['shot.mov', 'shot (2).mov'],
    ['sq010/shot.mov', 'sq010/shot (2).mov'],
    ['sq.010/shot', 'sq.010/shot (2)'],
    ['shot', 'shot (2)'],
    ['.hidden', '.hidden (2)'],
    ['a/.hidden', 'a/.hidden (2)'],
    ['plate.1001.exr', 'plate.1001 (2).exr'],
    ['a.', 'a (2).'],
  ])('of %s is %s', (key, next) => {
    expect(numbered(key, 2)).toBe(next);
  });
});

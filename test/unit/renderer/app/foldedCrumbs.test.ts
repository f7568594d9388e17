import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedCrumbs } from '../../../../renderer/app/foldedCrumbs.ts';

const of = (available: number, ...crumbs: number[]) => foldedCrumbs({ crumbs, fold: 30, available });

describe('the crumbs that fold into the "…"', () => {
  it('are none where all fit, to the pixel', () => {
    expect(of(400, 100, 100, 100, 100)).toBe(0);
    expect(of(399, 100, 100, 100, 100)).toBe(1);
  });

  it('are the ones nearest to the root, and no more than it takes', () => {
    expect(of(400, 70, 90, 90, 90, 90, 90)).toBe(2);
  });

  it('are never the root nor one of the last two, however little room there is', () => {
    expect(of(0)).toBe(0);
    expect(of(0, 100)).toBe(0);
    expect(of(0, 100, 100, 100)).toBe(0);
    expect(of(0, 100, 100, 100, 100)).toBe(1);
    expect(of(0, ...Array<number>(9).fill(100))).toBe(6);
  });

  it('do not fold for a long name, which is cut instead', () => {
    expect(of(500, 70, 90, 90, 900)).toBe(0);
  });

  it('leave what fits, or nothing between the ends', () => {
    const width = fc.integer({ min: 20, max: 1200 });
    fc.assert(
      fc.property(fc.array(width, { maxLength: 10 }), fc.integer({ min: 0, max: 2000 }), (crumbs, available) => {
        const folded = foldedCrumbs({ crumbs, fold: 30, available });
        const shown = [...crumbs.slice(0, 1), ...(folded > 0 ? [30] : []), ...crumbs.slice(1 + folded)];
        const takes = shown.reduce((sum, each) => sum + Math.min(each, 160), 0);
        expect(takes <= available || folded === Math.max(0, crumbs.length - 3)).toBe(true);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnsFor,
  countRows,
  moveInGrid,
  positionOfIndex,
  rowAt,
} from '../../../../renderer/library/gridKeyboard.ts';

// Two folders, then seven files, four side by side:
//   0 1
//   2 3 4 5
//   6 7 8
const shape = { sections: [2, 7], columns: 4, visibleRows: 2 };

describe('moving', () => {
  it.each([
    ['ArrowRight', 1, 2],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 1, 3],
    ['ArrowDown', 5, 8],
    ['ArrowDown', 8, 8],
    ['ArrowUp', 5, 1],
    ['ArrowUp', 0, 0],
    ['PageDown', 0, 6],
    ['PageUp', 8, 1],
    ['Home', 7, 0],
    ['End', 0, 8],
    ['ArrowRight', 8, 8],
  ])('%s from %i goes to %i', (key, from, to) => expect(moveInGrid(key, from, shape)).toBe(to));

  it('starts at the first card, or at the last with End', () => {
    expect(moveInGrid('ArrowDown', -1, shape)).toBe(0);
    expect(moveInGrid('End', -1, shape)).toBe(8);
  });

  it('leaves other keys and an empty folder alone', () => {
    expect(moveInGrid('a', 3, shape)).toBeUndefined();
    expect(moveInGrid('ArrowDown', 3, { ...shape, sections: [0, 0] })).toBeUndefined();
  });
});

const shapes = fc.record({
  sections: fc.tuple(fc.nat(40), fc.nat(40)),
  columns: fc.integer({ min: 1, max: 9 }),
  visibleRows: fc.integer({ min: 0, max: 5 }),
});

it('rows hold every entry exactly once, in order', () => {
  fc.assert(
    fc.property(shapes, (any) => {
      const seen: number[] = [];
      for (let row = 0; row < countRows(any); row++) {
        const found = rowAt(any, row);
        for (let offset = 0; offset < (found?.length ?? 0); offset++) {
          const index = (found?.start ?? 0) + offset;
          expect(positionOfIndex(any, index)).toEqual({ row, column: offset });
          seen.push(index);
        }
      }
      expect(seen).toEqual(Array.from({ length: any.sections[0] + any.sections[1] }, (_, index) => index));
      expect(rowAt(any, countRows(any))).toBeUndefined();
    }),
  );
});

it('no key ever leaves the grid', () => {
  const keys = fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End');
  fc.assert(
    fc.property(shapes, keys, fc.integer({ min: -1, max: 90 }), (any, key, from) => {
      const target = moveInGrid(key, from, any);
      const count = any.sections[0] + any.sections[1];
      if (count === 0) expect(target).toBeUndefined();
      else expect(target).toSatisfy((index: number) => index >= 0 && index < count);
    }),
  );
});

it('fits as many columns as there is room for, and never none', () => {
  expect(columnsFor(1000, 200, 16)).toBe(4);
  expect(columnsFor(1064, 200, 16)).toBe(5);
  expect(columnsFor(90, 200, 16)).toBe(1);
});

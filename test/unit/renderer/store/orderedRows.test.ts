import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OrderedRows, type Row } from '../../../../renderer/store/orderedRows.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const row = (id: string, order: number): Row => ({ id, order, transfer: aTransfer(id, { order }) });
const idsOf = (list: OrderedRows): (string | undefined)[] =>
  Array.from({ length: list.length }, (_, index) => list.at(index)?.id);

it('is always as a sorted array would be, whatever is put in and taken out', () => {
  const operations = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -9, max: 9 })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(operations, (steps) => {
      const list = new OrderedRows();
      const held = new Map<number, Row>();
      for (const [id, order] of steps) {
        const before = held.get(id);
        if (before) {
          list.remove(before);
          held.delete(id);
        } else {
          const added = row(String(id), order);
          list.insert(added);
          held.set(id, added);
        }
      }
      const sorted = [...held.values()].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
      expect(idsOf(list)).toEqual(sorted.map(({ id }) => id));
      for (const [index, held] of sorted.entries()) expect(list.indexOf(held)).toBe(index);
    }),
  );
});

it('finds its way through many chunks, in any direction', () => {
  const list = new OrderedRows();
  const rows = Array.from({ length: 5000 }, (_, index) => row(`row-${index}`, (index * 7919) % 5000));
  for (const each of rows) list.insert(each);
  expect(list.length).toBe(5000);
  for (const index of [0, 4999, 511, 512, 513, 2500, 1]) expect(list.at(index)?.order).toBe(index);
  expect(list.at(5000)).toBeUndefined();
  expect(list.at(-1)).toBeUndefined();
  for (const each of rows.slice(0, 4990)) list.remove(each);
  expect(idsOf(list)).toEqual(
    rows
      .slice(4990)
      .sort((a, b) => a.order - b.order)
      .map(({ id }) => id),
  );
});

it('does not know rows that are not in it', () => {
  const list = new OrderedRows();
  expect(list.indexOf(row('a', 1))).toBe(-1);
  list.insert(row('b', 1));
  list.remove(row('b', 1));
  expect(list.length).toBe(1);
});

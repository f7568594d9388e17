import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingQueue } from '../../../../../../electron/services/transfers/jobs/waitingQueue.ts';
import { makeRoom } from '../../../../../../shared/queueOrder.ts';

describe('places in the order', () => {
  it.each([
    [1, 3],
    [0, 2],
    [3, 2],
  ])('before the member number %d there is room for %d', (place, count) => {
    const { orders, moved } = makeRoom([1, 2, 3], place, count);
    expect(moved.size).toBe(0);
    const all = [1, 2, 3];
    all.splice(place, 0, ...orders);
    expect(all).toEqual([...all].sort((a, b) => a - b));
    expect(new Set(all).size).toBe(3 + count);
  });

  it('there is always room: swaps at one place, equal numbers, any list', () => {
    const moves = fc.array(fc.record({ from: fc.nat(), to: fc.nat(), count: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 200,
    });
    const beginning = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(beginning, moves, (numbers, steps) => {
        const wanted = numbers.sort((a, b) => a - b).map((order, id) => ({ id, order }));
        for (const { from, to, count } of steps) {
          const moving = wanted.splice(from % wanted.length, count);
          const place = to % (wanted.length + 1);
          const room = makeRoom(
            wanted.map(({ order }) => order),
            place,
            moving.length,
          );
          for (const [index, order] of room.moved) Object.assign(wanted[index] ?? {}, { order });
          for (const [index, order] of room.orders.entries()) Object.assign(moving[index] ?? {}, { order });
          wanted.splice(place, 0, ...moving);
          // Sorted by their numbers they stand as they were put; those that were moved have numbers of their own.
          for (const [index, { order }] of wanted.entries()) {
            expect(order).toBeGreaterThanOrEqual(wanted[index - 1]?.order ?? -Infinity);
          }
          expect(new Set(moving.map(({ order }) => order)).size).toBe(moving.length);
        }
      }),
    );
  });

  it.each([55, 1000])('the swap number %d at one place still swaps', (swaps) => {
    let line = [1, 2, 3, 4, 5].map((order, id) => ({ id, order }));
    for (let swap = 1; swap <= swaps; swap++) {
      const [moving] = line.splice(3, 1);
      if (!moving) throw new Error('It is gone');
      const room = makeRoom(
        line.map(({ order }) => order),
        2,
        1,
      );
      for (const [index, order] of room.moved) Object.assign(line[index] ?? {}, { order });
      moving.order = room.orders[0] ?? NaN;
      const expected = [...line.slice(0, 2), moving, ...line.slice(2)].map(({ id }) => id);
      line = [...line, moving].sort((a, b) => a.order - b.order);
      expect(line.map(({ id }) => id)).toEqual(expected);
      expect(new Set(line.map(({ order }) => order)).size).toBe(5);
    }
  });
});

describe('WaitingQueue', () => {
  const lineOf = (orders: readonly number[]) => {
    const line = new WaitingQueue<{ id: string; order: number }>();
    const members = orders.map((order) => ({ id: String(order), order }));
    for (const member of members) line.add(member);
    return { line, members };
  };
  const drain = (line: WaitingQueue<{ id: string; order: number }>) => {
    const ids: string[] = [];
    for (let member = line.takeFirst(); member; member = line.takeFirst()) ids.push(member.id);
    return ids;
  };

  it('takes each member once', () => {
    const { line, members } = lineOf([1, 2, 3]);
    for (const member of [...members, { id: 'new', order: 1.5 }]) line.add(member);
    line.takeFirst();
    expect(line.length).toBe(3);
    expect(drain(line)).toEqual(['new', '2', '3']);
  });

  it('puts a member where its changed order says, and one that left and joined again once', () => {
    const { line, members } = lineOf([1, 2, 3, 4]);
    const [first, second] = members;
    if (!first || !second) throw new Error('Not there');
    first.order = 3.5;
    line.orderChanged(first);
    line.remove(second);
    line.add(second);
    expect(drain(line)).toEqual(['2', '3', '1', '4']);
    line.orderChanged(first);
    expect(line.length).toBe(0);
  });

  it('keeps the order when most of 10,000 leave', () => {
    const { line, members } = lineOf(Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007));
    for (const member of members) if (member.order % 5 > 0) line.remove(member);
    const left = members.filter(({ order }) => order % 5 === 0).sort((a, b) => a.order - b.order);
    expect(line.length).toBe(left.length);
    expect(drain(line)).toEqual(left.map(({ id }) => id));
  });
});

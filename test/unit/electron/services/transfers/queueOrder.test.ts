import { describe, expect, it } from 'vitest';
import { hasSettled, settleTime } from '../../../../../electron/services/transfers/growingFiles.ts';
import { ordersBetween } from '../../../../../electron/services/transfers/queueActions.ts';
import { WaitingLine } from '../../../../../electron/services/transfers/waitingLine.ts';

const rest = [1, 2, 3].map((order) => ({ id: `${order}`, order }));

describe('places in the order', () => {
  it.each([
    ['2', 3, 1, 2],
    ['1', 2, 0, 1],
    [null, 2, 3, 10],
    ['gone', 1, 3, 10],
  ])('before %s there is room for %d', (before, count, low, high) => {
    const orders = ordersBetween(rest, before, count, 7);
    expect(orders).toHaveLength(count);
    expect([low, ...orders, high]).toEqual([low, ...orders, high].sort((a, b) => a - b));
    expect(new Set([low, ...orders, high]).size).toBe(count + 2);
  });
});

describe('the line', () => {
  it('takes many at once, each once', () => {
    const line = new WaitingLine<{ id: string; order: number }>();
    for (const member of rest) line.join(member);
    const joining = { id: 'new', order: 1.5 };
    line.joinAll([...rest, joining]);
    line.join(joining);
    expect(line.members().map(({ id }) => id)).toEqual(['1', 'new', '2', '3']);
    line.takeFirst();
    line.joinAll(rest);
    expect(line.members().map(({ id }) => id)).toEqual(['1', 'new', '2', '3']);
  });
});

describe('a file that may be growing', () => {
  it('is settled by its own time, or when it was seen unchanged for as long', () => {
    expect(hasSettled({ age: 2000, seenFor: undefined, settle: 2000 })).toBe(true);
    expect(hasSettled({ age: 1999, seenFor: undefined, settle: 2000 })).toBe(false);
    expect(hasSettled({ age: -60_000, seenFor: 2000, settle: 2000 })).toBe(true);
    expect(hasSettled({ age: -60_000, seenFor: 1999, settle: 2000 })).toBe(false);
  });

  it('has to be still for longer after each change, but not for ever', () => {
    expect([0, 1, 2, 50].map((changes) => settleTime(2000, changes))).toEqual([2000, 4000, 8000, 60_000]);
  });
});

import { describe, expect, it } from 'vitest';
import { FILTERS, kindOf, rowSizeOf, TransferIndex } from '../../../../renderer/store/transferIndex.ts';
import type { Transfer } from '../../../../shared/transfers.ts';
import { aTransfer } from '../../../mothers/transfers.ts';

const blocked = (blockedFor: NonNullable<Transfer['blockedFor']>) => ({ state: 'blocked' as const, blockedFor });
const shown = (index: TransferIndex, filter: (typeof FILTERS)[number]) =>
  Array.from({ length: index.count(filter) }, (_, place) => index.at(filter, place)?.id);

describe('which filter shows what', () => {
  it('what goes on by itself waits; what does not needs the user', () => {
    expect(kindOf(blocked('offline'))).toBe('waiting');
    expect(kindOf(blocked('file-settling'))).toBe('waiting');
    expect(kindOf(blocked('conflict'))).toBe('need-you');
    expect(kindOf(blocked('sign-in'))).toBe('need-you');
    expect(kindOf(blocked('disk'))).toBe('need-you');
  });

  it('paused waits, skipped and cancelled are done', () => {
    expect(kindOf({ state: 'paused' })).toBe('waiting');
    expect(kindOf({ state: 'skipped' })).toBe('done');
    expect(kindOf({ state: 'cancelled' })).toBe('done');
    expect(kindOf({ state: 'failed' })).toBe('failed');
  });

  it('a question takes more room than a reason', () => {
    expect(rowSizeOf(blocked('conflict'))).toBe('question');
    expect(rowSizeOf(blocked('disk'))).toBe('reason');
    expect(rowSizeOf({ state: 'running' })).toBe('plain');
  });
});

describe('news', () => {
  it('moves a row between the filters and tells which of them look different', () => {
    const index = new TransferIndex();
    index.apply([aTransfer('t1'), aTransfer('t2'), aTransfer('t3')], []);
    const { lists, ids } = index.apply([aTransfer('t2', { state: 'running' })], []);
    expect(ids).toEqual(['t2']);
    expect([...lists].sort()).toEqual(['active', 'waiting']);
    expect(shown(index, 'waiting')).toEqual(['t1', 't3']);
    expect(shown(index, 'active')).toEqual(['t2']);
    expect(shown(index, 'all')).toEqual(['t1', 't2', 't3']);
  });

  it('a tick moves nothing', () => {
    const index = new TransferIndex();
    index.apply([aTransfer('t1', { state: 'running' })], []);
    const { lists, ids } = index.apply([aTransfer('t1', { state: 'running', sent: 50 })], []);
    expect(ids).toEqual(['t1']);
    expect(lists.size).toBe(0);
    expect(index.get('t1')?.sent).toBe(50);
  });

  it('another order is another place', () => {
    const index = new TransferIndex();
    index.apply([aTransfer('t1'), aTransfer('t2'), aTransfer('t3')], []);
    index.apply([aTransfer('t3', { order: 1.5 })], []);
    expect(shown(index, 'all')).toEqual(['t1', 't3', 't2']);
    expect(shown(index, 'waiting')).toEqual(['t1', 't3', 't2']);
    expect(index.indexOf('all', 't3')).toBe(1);
  });

  it('counts questions through their lives', () => {
    const index = new TransferIndex();
    index.apply([aTransfer('t1', blocked('conflict')), aTransfer('t2', blocked('conflict'))], []);
    expect(index.conflicts).toBe(2);
    index.apply([aTransfer('t1', { state: 'skipped' })], []);
    expect(index.conflicts).toBe(1);
    expect(index.isEven('all')).toBe(false);
    expect(index.isEven('waiting')).toBe(true);
    index.apply([], ['t2']);
    expect(index.conflicts).toBe(0);
    expect(index.isEven('all')).toBe(true);
  });

  it('tells what ended, once, and nothing of what had ended before it was known', () => {
    const index = new TransferIndex();
    expect(index.apply([aTransfer('old', { state: 'done' }), aTransfer('t1')], []).ended).toEqual([]);
    expect(index.apply([aTransfer('t1', { state: 'done' })], []).ended.map(({ id }) => id)).toEqual(['t1']);
    expect(index.apply([aTransfer('t1', { state: 'done' })], []).ended).toEqual([]);
  });

  it('forgets what was removed', () => {
    const index = new TransferIndex();
    index.apply([aTransfer('t1'), aTransfer('t2', { state: 'failed' })], []);
    index.apply([], ['t2', 'never known']);
    expect(index.get('t2')).toBeUndefined();
    expect(FILTERS.map((filter) => index.count(filter))).toEqual([1, 0, 1, 0, 0, 0]);
  });
});

describe('100,000 transfers', () => {
  const COUNT = 100_000;
  const CHANGED = 1000;
  const many = Array.from({ length: COUNT }, (_, at) => aTransfer(`t${at}`));

  it('news of 1,000 costs what 1,000 cost, not what 100,000 do', () => {
    const index = new TransferIndex();
    const loaded = timed(() => index.apply(many, []));
    let slowest = 0;
    for (let delta = 0; delta < 20; delta++) {
      const changed = Array.from({ length: CHANGED }, (_, at) =>
        aTransfer(`t${delta * CHANGED + at}`, { state: 'done', sent: 100 }),
      );
      slowest = Math.max(
        slowest,
        timed(() => index.apply(changed, [])),
      );
    }
    expect(index.count('done')).toBe(20 * CHANGED);
    expect(index.count('waiting')).toBe(COUNT - 20 * CHANGED);
    expect(index.at('waiting', 0)?.id).toBe(`t${20 * CHANGED}`);
    // Loading all is a hundred such deltas. Sorting everything for each would make one cost about as much as the load.
    expect(slowest).toBeLessThan(Math.max(loaded / 2, 60));
  });

  it('a tick of four among 100,000 touches four', () => {
    const index = new TransferIndex();
    index.apply(many, []);
    index.apply(
      many.slice(0, 4).map((transfer) => ({ ...transfer, state: 'running' as const })),
      [],
    );
    const { ids, lists } = index.apply(
      many.slice(0, 4).map((transfer) => ({ ...transfer, state: 'running' as const, sent: 9 })),
      [],
    );
    expect(ids).toHaveLength(4);
    expect(lists.size).toBe(0);
  });
});

/** Milliseconds of the processor, which are the same however busy the machine is. */
function timed(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

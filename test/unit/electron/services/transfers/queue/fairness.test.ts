import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../../../../../electron/services/transfers/http/bufferPool.ts';
import { ConcurrencyController } from '../../../../../../electron/services/transfers/http/concurrencyController.ts';
import { RequestSlots } from '../../../../../../electron/services/transfers/http/requestSlots.ts';
import { compareQueued, WaitingQueue } from '../../../../../../electron/services/transfers/jobs/waitingQueue.ts';

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('WaitingQueue', () => {
  it('hands out by order, for any joining and leaving in between', () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('join' as const), order: fc.integer({ min: 0, max: 1000 }) }),
      fc.record({ do: fc.constant('take' as const), order: fc.constant(0) }),
      fc.record({ do: fc.constant('remove' as const), order: fc.integer({ min: 0, max: 1000 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const line = new WaitingQueue<{ id: string; order: number }>();
        let model: { id: string; order: number }[] = [];
        for (const [index, { do: what, order }] of actions.entries()) {
          if (what === 'join') {
            const member = { id: String(index), order };
            line.add(member);
            model = [...model, member].sort(compareQueued);
          } else if (what === 'take') expect(line.takeFirst()).toEqual(model.shift());
          else {
            for (const member of model) if (member.order < order) line.remove(member);
            model = model.filter((member) => member.order >= order);
          }
          expect(line.length).toBe(model.length);
          expect(line.first()).toEqual(model[0]);
        }
        expect(model.map(() => line.takeFirst())).toEqual(model);
      }),
    );
  });
});

describe('RequestSlots', () => {
  const slotsOf = (count: number) => {
    const limits = { least: count, most: count, first: count };
    return new RequestSlots(new ConcurrencyController(limits, 0), () => 0);
  };

  it('lets owners take turns', async () => {
    const slots = slotsOf(2);
    const order: string[] = [];
    const leaves = [await slots.acquire('a', never), await slots.acquire('a', never)];
    const enter = async (owner: string) => {
      const leave = await slots.acquire(owner, never);
      order.push(owner);
      leaves.push(leave);
    };
    const all = [enter('a'), enter('a'), enter('b')];
    await turn();
    expect(order).toEqual([]);
    leaves.shift()?.();
    await turn();
    expect(order).toEqual(['b']);
    while (leaves.length > 0) {
      leaves.shift()?.();
      await turn();
    }
    await Promise.all(all);
    expect(order).toEqual(['b', 'a', 'a']);
  });

  it('grants no more than a player leaves', async () => {
    const left = { mostRequests: 1 };
    const limits = { least: 4, most: 4, first: 4 };
    const slots = new RequestSlots(new ConcurrencyController(limits, 0), () => 0, left);
    const leave = await slots.acquire('a', never);
    let isIn = false;
    const waiting = slots.acquire('b', never).then((release) => {
      isIn = true;
      return release;
    });
    await turn();
    expect(isIn).toBe(false);
    left.mostRequests = Infinity;
    slots.addBytes(1);
    (await waiting)();
    leave();
  });

  it('forgets who gave up waiting', async () => {
    const slots = slotsOf(1);
    const leave = await slots.acquire('a', never);
    const impatient = new AbortController();
    const waiting = slots.acquire('b', impatient.signal);
    impatient.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    leave();
    (await slots.acquire('c', never))();
  });
});

describe('BufferPool', () => {
  it('hands out no more than its capacity, and the same memory again', async () => {
    const pool = new BufferPool({ usual: 30, most: 30 });
    const first = await pool.take(10, never);
    const others = [await pool.take(10, never), await pool.take(10, never)];
    let isThere = false;
    const waiting = pool.take(10, never).then((buffer) => {
      isThere = true;
      return buffer;
    });
    await turn();
    expect(isThere).toBe(false);
    pool.giveBack(first, true);
    expect(await waiting).toBe(first);
    for (const buffer of others) pool.giveBack(buffer, true);
  });

  it('never gives away memory that a request may still be reading', async () => {
    const pool = new BufferPool({ usual: 10, most: 10 });
    const dirty = await pool.take(10, never);
    pool.giveBack(dirty, false);
    expect(await pool.take(10, never)).not.toBe(dirty);
  });

  it('grants one that is larger than all of it, alone', async () => {
    const pool = new BufferPool({ usual: 10, most: 10 });
    const small = await pool.take(5, never);
    const large = pool.take(100, never);
    await turn();
    pool.giveBack(small, true);
    expect((await large).length).toBe(100);
  });
});

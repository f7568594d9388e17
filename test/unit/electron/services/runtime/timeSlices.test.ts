import { expect, it } from 'vitest';
import { TimeSlicer } from '../../../../../electron/services/runtime/timeSlices.ts';

/** Each look at the clock takes 5 ms. */
function slow() {
  let time = 0;
  const seen = { over: 0, failures: [] as unknown[] };
  const slices = new TimeSlicer({
    now: () => (time += 5),
    over: () => (seen.over += 1),
    failed: (error) => void seen.failures.push(error),
  });
  return { slices, seen };
}

it('does a few before the call returns', () => {
  const { slices, seen } = slow();
  const done: unknown[] = [];
  slices.forEach(
    [1, 2],
    (item) => done.push(item),
    () => done.push('then'),
  );
  expect(done).toEqual([1, 2, 'then']);
  expect([slices.isBusy, seen.over]).toEqual([false, 1]);
});

it('leaves the event loop free in between, and keeps the order of what was asked for', async () => {
  const { slices, seen } = slow();
  const done: string[] = [];
  const turns: number[] = [];
  const many = Array.from({ length: 500 }, (_, item) => item);
  const turn = () => {
    turns.push(done.length);
    if (slices.isBusy) setImmediate(turn);
  };
  slices.forEach(many, (item) => done.push(`a${item}`));
  slices.forEach(many, (item) => done.push(`b${item}`));
  expect(slices.isBusy).toBe(true);
  expect(done.length).toBeLessThan(500);
  setImmediate(turn);
  await slices.idle();
  expect(done).toEqual([...many.map((item) => `a${item}`), ...many.map((item) => `b${item}`)]);
  expect(turns.length).toBeGreaterThan(5);
  expect([slices.isBusy, seen.over]).toEqual([false, 1]);
});

it('goes on after one that fails', () => {
  const { slices, seen } = slow();
  const done: number[] = [];
  slices.forEach([1, 2, 3], (item) => {
    if (item === 2) throw new Error('two');
    done.push(item);
  });
  expect(done).toEqual([1, 3]);
  expect(seen.failures).toEqual([new Error('two')]);
});

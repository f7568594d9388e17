import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ReplicaWatch } from '../../../../../electron/services/replication/replicaWatch.ts';
import type { Route } from '../../../../../shared/routing.ts';

const SECOND = 1000;

let watch: ReplicaWatch;
let asked: string[];
let ready: string[];
/** What a question is answered with, by key; default: it is read from the replica. */
let reasons: Map<string, Route['reason']>;
let atOnce: number;
let most: number;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, ready, atOnce, most] = [[], [], 0, 0];
  reasons = new Map();
  watch = new ReplicaWatch({
    explainRoute: async (key) => {
      asked.push(key);
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, SECOND));
      atOnce -= 1;
      return { storage: 'sydney', reason: reasons.get(key) ?? 'replica-by-ip', details: {} };
    },
    ready: (key) => void ready.push(key),
    clock: () => performance.now(),
  });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it('asks about a single upload at once', async () => {
  watch.watch('a.mov');
  await vi.advanceTimersByTimeAsync(SECOND);
  expect(ready).toEqual(['a.mov']);
});

it('asks about many in turn, a few at a time, and about each', async () => {
  const keys = Array.from({ length: 100 }, (_, index) => `${index}.exr`);
  for (const key of keys) watch.watch(key);
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(most).toBeLessThanOrEqual(4);
  expect(asked.length).toBeLessThanOrEqual(44);
  expect(asked.length).toBeGreaterThan(30);
  await vi.advanceTimersByTimeAsync(20 * SECOND);
  expect(ready).toEqual(keys);
});

it('lets the others have their turn while one is not replicated', async () => {
  reasons.set('late.mov', 'replica-not-ready');
  for (const key of ['late.mov', 'a.mov', 'b.mov']) watch.watch(key);
  await vi.advanceTimersByTimeAsync(3 * SECOND);
  expect(ready).toEqual(['a.mov', 'b.mov']);
  reasons.clear();
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(ready).toEqual(['a.mov', 'b.mov', 'late.mov']);
});

it('asks nothing any more when it has stopped', async () => {
  for (let index = 0; index < 100; index++) watch.watch(`${index}.exr`);
  await vi.advanceTimersByTimeAsync(SECOND);
  watch.stop();
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(100 * SECOND);
  expect(asked).toHaveLength(before);
});

it.each([7, -7])("goes on asking for six hours, when this machine's time is set by %d hours", async (hours) => {
  reasons.set('late.mov', 'replica-not-ready');
  watch.watch('late.mov');
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  vi.setSystemTime(Date.now() + hours * 3600 * SECOND);
  await vi.advanceTimersByTimeAsync(5 * 3600 * SECOND);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(600 * SECOND);
  expect(asked.length).toBeGreaterThan(before);
  await vi.advanceTimersByTimeAsync(3600 * SECOND);
  const after = asked.length;
  await vi.advanceTimersByTimeAsync(600 * SECOND);
  expect(asked).toHaveLength(after);
});

import { expect, it } from 'vitest';
import { prefetched } from '../../../../../electron/services/runtime/prefetched.ts';

async function* upTo(count: number, given: (item: number) => void = () => undefined, failure?: Error) {
  for (let item = 0; item < count; item++) {
    await Promise.resolve();
    given(item);
    yield item;
  }
  if (failure) throw failure;
}

async function all(items: AsyncIterable<number>): Promise<number[]> {
  const found: number[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it('gives all items in their order', async () => {
  expect(await all(prefetched(upTo(100), 7))).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(await all(prefetched(upTo(0), 7))).toEqual([]);
});

it('reads ahead, but no further than it may', async () => {
  let given = 0;
  const items = prefetched(
    upTo(100, () => (given += 1)),
    10,
  );
  expect((await items.next()).value).toBe(0);
  // Every turn that the source needs.
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  expect(given).toBeGreaterThan(1);
  expect(given).toBeLessThanOrEqual(12);
  await items.return();
});

it('fails after the items before the failure', async () => {
  const items = prefetched(
    upTo(3, () => undefined, new Error('gone')),
    10,
  );
  for (const expected of [0, 1, 2]) expect((await items.next()).value).toBe(expected);
  await expect(items.next()).rejects.toThrow('gone');
});

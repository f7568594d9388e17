import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isWithoutEnd,
  listingPages,
  nextMarker,
  SamePage,
} from '../../../../../electron/services/storage/listingPages.ts';

interface Page {
  entries: string[];
  next?: string;
}

/** All entries, as far as they come. */
async function read(pageAfter: (marker: string | undefined) => Page, most = 10_000): Promise<string[]> {
  const found: string[] = [];
  let asked = 0;
  const pages = listingPages({
    ask: (marker: string | undefined) => {
      asked += 1;
      if (asked > most) throw new Error('It does not end');
      return Promise.resolve(pageAfter(marker));
    },
    next: (page) => page.next,
    last: (page) => page.entries.at(-1),
  });
  for await (const { entries } of pages) found.push(...entries);
  return found;
}

describe('a listing by pages', () => {
  it('is read to its end', async () => {
    const total = fc.integer({ min: 0, max: 300 });
    await fc.assert(
      fc.asyncProperty(total, fc.integer({ min: 1, max: 7 }), async (count, size) => {
        const all = Array.from({ length: count }, (_, index) => `key-${index}`);
        const pageAfter = (marker = '0') => {
          const [from, to] = [Number(marker), Number(marker) + size];
          return { entries: all.slice(from, to), ...(to < count && { next: String(to) }) };
        };
        expect(await read(pageAfter)).toEqual(all);
      }),
    );
  });

  it.each<[string, (marker: string | undefined) => Page]>([
    ['gives the marker that it was asked with', (marker) => ({ entries: ['a'], next: marker ?? '' })],
    ['gives one page with ever new markers', (marker = '0') => ({ entries: ['a'], next: String(Number(marker) + 1) })],
    ['goes round over three pages', (marker = '0') => ({ entries: [marker], next: String((Number(marker) + 1) % 3) })],
    ['gives empty pages with ever new markers', (marker = '0') => ({ entries: [], next: String(Number(marker) + 1) })],
  ])('ends with an error where the storage %s', async (_name, pageAfter) => {
    await expect(read(pageAfter, 500)).rejects.toBeInstanceOf(SamePage);
  });

  it('ends after a few rounds, however long one is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 200 }), async (round, before) => {
        const next = (at: number) => (at + 1 < before + round ? at + 1 : before);
        const pageAfter = (marker = '0') => ({ entries: [marker], next: String(next(Number(marker))) });
        await expect(read(pageAfter, 4 * (round + before) + 8)).rejects.toMatchObject({ code: 'storage-failed' });
      }),
    );
  });
});

describe('where the next page begins', () => {
  it('is nowhere behind the last one, and never left open', () => {
    expect(nextMarker(false, 'a')).toBeUndefined();
    expect(nextMarker(undefined, undefined)).toBeUndefined();
    expect(nextMarker(undefined, 'a')).toBe('a');
    expect(nextMarker(true, 'a')).toBe('a');
    for (const marker of [undefined, '']) {
      let failure: unknown;
      try {
        nextMarker(true, marker);
      } catch (error) {
        failure = error;
      }
      expect(failure).toMatchObject({ code: 'storage-failed' });
      expect(isWithoutEnd(failure)).toBe(true);
    }
  });
});

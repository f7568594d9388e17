import { describe, expect, it } from 'vitest';
import { identityOf } from '../../../../renderer/store/entryIdentity.ts';
import {
  appendPage,
  countLoaded,
  crumbsOf,
  type LibraryPages,
  noPages,
  pagesHolding,
  parentFolder,
  refreshedPage,
} from '../../../../renderer/store/libraryPages.ts';
import type { LibraryPage } from '../../../../shared/library.ts';
import { aLibraryFile } from '../../../mothers/library.ts';

const file = aLibraryFile;

/** A storage of these names, in pages of `size`; a cursor is the name after which to go on. */
function storageOf(names: string[], size: number) {
  return (cursor: string | undefined): Promise<LibraryPage> => {
    const rest = [...names].sort().filter((name) => cursor === undefined || name > cursor);
    const entries = rest.slice(0, size).map((name) => file(name));
    const last = entries.at(-1);
    return Promise.resolve({ folder: '', entries, ...(rest.length > size && last && { cursor: last.key }) });
  };
}

async function loadAll(fetch: ReturnType<typeof storageOf>): Promise<LibraryPages> {
  let loaded = noPages('');
  while (!loaded.complete) loaded = appendPage(loaded, await fetch(loaded.next));
  return loaded;
}

const namesOf = (loaded: LibraryPages): string[] =>
  loaded.pages.flatMap(({ entries }) => entries.map(({ key }) => key));

describe('paging', () => {
  it('goes from cursor to cursor until there is none', async () => {
    const loaded = await loadAll(storageOf(['a', 'b', 'c', 'd', 'e'], 2));
    expect(namesOf(loaded)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(loaded.pages).toHaveLength(3);
    expect(countLoaded(loaded)).toBe(5);
  });

  it('drops a late answer of another folder', () => {
    const loaded = noPages('here/');
    expect(appendPage(loaded, { folder: 'there/', entries: [file('x')] })).toBe(loaded);
  });

  it('knows on which pages entries are', async () => {
    const loaded = await loadAll(storageOf(['a', 'b', 'c', 'd', 'e'], 2));
    expect(pagesHolding(loaded, new Set(['file b', 'file e']))).toEqual([0, 2]);
  });
});

describe('reading a page again', () => {
  const before = ['b', 'd', 'f', 'h', 'j', 'l'];

  it.each([
    ['nothing changed', before],
    ['a file arrived in the middle', [...before, 'e', 'e2', 'e3']],
    ['a file arrived in front', [...before, 'a']],
    ['a file is gone', before.filter((name) => name !== 'd')],
  ])('%s: nothing is lost or shown twice', async (_what, after) => {
    let loaded = await loadAll(storageOf(before, 2));
    for (let index = 0; index < loaded.pages.length; index++) {
      loaded = await refreshedPage(loaded, index, storageOf(after, 2));
    }
    expect(namesOf(loaded)).toEqual([...after].sort());
  });

  it('ends the folder where the storage ends it now', async () => {
    const loaded = await refreshedPage(await loadAll(storageOf(before, 2)), 1, storageOf(['b', 'd', 'f'], 2));
    expect(namesOf(loaded)).toEqual(['b', 'd', 'f']);
    expect(loaded.complete).toBe(true);
  });

  it('goes on past a last page that has become full', async () => {
    const loaded = await refreshedPage(await loadAll(storageOf(['a'], 2)), 0, storageOf(['a', 'b', 'c'], 2));
    expect(loaded).toMatchObject({ complete: false, next: 'b' });
  });
});

it('knows the way up and the way there', () => {
  expect(parentFolder('shots/sq010/')).toBe('shots/');
  expect(parentFolder('shots/')).toBe('');
  expect(parentFolder('')).toBe('');
  // Keys of other programs, with an empty name in them.
  expect(parentFolder('shots//')).toBe('shots/');
  expect(parentFolder('/')).toBe('');
  expect(crumbsOf('shots//')).toEqual([
    { name: 'shots', folder: 'shots/' },
    { name: '/', folder: 'shots//' },
  ]);
  expect(crumbsOf('shots/sq010/')).toEqual([
    { name: 'shots', folder: 'shots/' },
    { name: 'sq010', folder: 'shots/sq010/' },
  ]);
});

describe('what tells an entry from others', () => {
  const route = { storage: 'main', reason: 'main-chosen' as const, details: {} };
  const common = { type: 'file' as const, size: 1, lastModified: 0, etag: '', kind: 'image' as const, route };
  const sequence = {
    ...common,
    ...{ key: 'a/plate.0012.png', name: 'plate.####.png' },
    sequence: {
      id: { head: 'a/plate.', tail: '.png', padding: 4 },
      ...{ firstKey: 'a/plate.0001.png', first: 1, last: 12, count: 12, frames: '1-12' },
    },
  };

  it('is never its name: a file may be called like the sequence beside it', () => {
    const entries = [
      sequence,
      { ...common, key: 'a/plate.####.png', name: 'plate.####.png' },
      { ...common, key: 'a/plate.0012.png', name: 'plate.0012.png' },
      { type: 'folder' as const, key: 'a/plate.####.png/', name: 'plate.####.png' },
      { ...sequence, sequence: { ...sequence.sequence, id: { ...sequence.sequence.id, padding: 0 } } },
      { ...sequence, sequence: { ...sequence.sequence, id: { ...sequence.sequence.id, head: 'a/b.' } } },
    ];
    expect(new Set(entries.map(identityOf)).size).toBe(entries.length);
  });

  it('stays when frames come in', () => {
    const { firstKey: _, ...kept } = sequence.sequence;
    const later = { ...sequence, key: 'a/plate.0020.png', sequence: { ...kept, firstKey: 'a/plate.0000.png' } };
    expect(identityOf(later)).toBe(identityOf(sequence));
  });
});

it('reading a page again loses no file that comes before its sequences', async () => {
  const route = { storage: 'main', reason: 'main-chosen' as const, details: {} };
  const common = { type: 'file' as const, size: 1, lastModified: 0, etag: '', kind: 'image' as const, route };
  const file = (key: string) => ({ ...common, key, name: key });
  const first = { folder: '', entries: [file('zebra.png'), file('beauty.0100.png')], cursor: 'second' };
  const loaded = appendPage(appendPage(noPages(''), first), { folder: '', entries: [file('zzz.png')] });
  const again = await refreshedPage(loaded, 0, () => Promise.resolve(first));
  expect(again.pages[0]?.entries.map(({ key }) => key)).toEqual(['zebra.png', 'beauty.0100.png']);
});

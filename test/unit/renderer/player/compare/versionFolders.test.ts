import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../../renderer/api.ts';
import { findVersions, type FoundVersions } from '../../../../../renderer/player/compare/findVersions.ts';
import {
  candidatesFor,
  namesApart,
  nearestOf,
  otherVersionFolders,
  versionFoldersOf,
  versionsIn,
} from '../../../../../renderer/player/compare/versions.ts';
import type { NearplayApi } from '../../../../../shared/ipc.ts';
import { folderOf, nameOfKey } from '../../../../../shared/keys.ts';
import type { LibraryEntry, LibraryFile, LibraryPage } from '../../../../../shared/library.ts';
import { mediaKind } from '../../../../../shared/media.ts';

function file(key: string): LibraryFile {
  const route = { storage: 'main', reason: 'replica-by-ip', details: {} } as unknown as LibraryFile['route'];
  const name = nameOfKey(key);
  return { type: 'file', key, name, size: 1, lastModified: 0, etag: '"1"', kind: mediaKind(name), route };
}

const folder = (key: string): LibraryEntry => ({ type: 'folder', key, name: nameOfKey(key) });
const placeOf = (key: string) => versionFoldersOf(file(key));

describe('the folder of a version', () => {
  it.each([
    ['sh010/v001/sh010_comp_v001.####.exr', { parent: 'sh010/', version: 1, below: '' }],
    ['sh010/v001/exr/sh010_comp_v001.####.exr', { parent: 'sh010/', version: 1, below: 'exr/' }],
    ['sh010/comp_V012/comp_v12.mov', { parent: 'sh010/', version: 12, below: '' }],
    ['v3/shot_v003.mov', { parent: '', version: 3, below: '' }],
    ['v3/mov/shot_v003.mov', { parent: '', version: 3, below: 'mov/' }],
    // Where both folders have it, the outer one stands among the other versions.
    ['a/comp_v002/comp_v002_exr/comp_v002.exr', { parent: 'a/', version: 2, below: 'comp_v002_exr/' }],
    // Of layers, the folder alone has the version.
    ['sh010/v004/beauty.####.exr', { parent: 'sh010/', version: 4, below: '' }],
    ['sh010/v004/exr/beauty.####.exr', { parent: 'sh010/', version: 4, below: 'exr/' }],
    ['v2/v1/beauty.exr', { parent: 'v2/', version: 1, below: '' }],
  ])('of %s is found', (key, expected) => expect(placeOf(key)).toMatchObject(expected));

  it.each([
    'sh010/comp/sh010_comp_v001.exr',
    'sh010_comp_v001.exr',
    // The folder says another one.
    'sh010/v002/sh010_comp_v001.exr',
    // Two levels higher.
    'v001/exr/left/comp_v001.exr',
    'ev100/rev/beauty.exr',
  ])('of %s is none', (key) => expect(placeOf(key)).toBeUndefined());

  it('has the others beside it, newest first: those of its name, as they are listed', () => {
    const of = placeOf('sh010/comp_v002/comp_v002.exr');
    if (!of) throw new Error('It has a version');
    const names = ['anim_v003/', 'comp/', 'comp_v001/', 'comp_v002/', 'comp_v10/', 'comp_v2/', 'COMP_V003/', 'v003/'];
    const entries = [...names.map((name) => folder(`sh010/${name}`)), file('sh010/comp_v004')];
    expect(otherVersionFolders(entries, of)).toEqual([
      { folder: 'sh010/comp_v10/', within: 'comp_v10/', version: 10 },
      { folder: 'sh010/COMP_V003/', within: 'COMP_V003/', version: 3 },
      { folder: 'sh010/comp_v001/', within: 'comp_v001/', version: 1 },
    ]);
  });

  it('has the same folder below it, with its own number where that has one', () => {
    const below = (key: string, ...others: string[]) => {
      const of = placeOf(key);
      return of && otherVersionFolders(others.map(folder), of).map((one) => one.folder);
    };
    expect(below('a/v001/exr/x_v001.exr', 'a/v012/')).toEqual(['a/v012/exr/']);
    expect(below('a/c_v001/c_v001_exr/c_v001.exr', 'a/c_v012/')).toEqual(['a/c_v012/c_v012_exr/']);
    expect(below('a/v001/take_v7/x_v001.exr', 'a/v012/')).toEqual(['a/v012/take_v7/']);
  });

  it('is the newest, and those whose numbers are nearest', () => {
    const all = [30, 20, 12, 11, 9, 8, 1].map((version) => ({ version }));
    expect(nearestOf(all, 10, 4).map(({ version }) => version)).toEqual([30, 12, 11, 9]);
    expect(nearestOf(all, 10, 7)).toEqual(all);
  });
});

describe('the files of another version', () => {
  const versionOf = (own: string, version: number, ...names: string[]) =>
    versionsIn(
      names.map((name) => file(`a/v/${name}`)),
      file(`a/${own}`),
      { folder: 'a/v/', within: 'v/', version },
    ).map((one) => [one.file.name, one.version, one.within]);

  it('have the same name but for the version, in any picture format, the own one first', () => {
    const names = ['x_v002.mov', 'x_v002.wav', 'x_v002.####.exr'];
    const others = ['x_v003.mov', 'y_v002.mov', 'x_v002_mask.mov', 'x.mov'];
    expect(versionOf('x_v001.####.exr', 2, ...names, ...others)).toEqual([
      ['x_v002.####.exr', 2, 'v/'],
      ['x_v002.mov', 2, 'v/'],
    ]);
  });

  it('have the very name where it has no version', () => {
    const names = ['beauty.####.exr', 'beauty_v002.exr', 'depth.####.exr', 'BEAUTY.mov'];
    expect(versionOf('beauty.####.exr', 2, ...names)).toEqual([
      ['beauty.####.exr', 2, 'v/'],
      ['BEAUTY.mov', 2, 'v/'],
    ]);
  });
});

it('what is found in a folder that is on screen is offered once', () => {
  const shown = ['a/v002/x_v002.exr', 'a/v002/beauty.exr', 'a/v002/notes.exr'].map(file);
  const offered = (own: string) => {
    const found = versionsIn(shown, file(own), { folder: 'a/v002/', within: 'v002/', version: 2 });
    const { versions, inFolders, others } = candidatesFor(shown, file(own), found);
    const files = [versions.map((one) => one.file), inFolders.map((one) => one.file), others];
    return files.map((some) => some.map(({ name }) => name));
  };
  expect(offered('a/v001/x_v001.exr')).toEqual([['x_v002.exr'], [], ['beauty.exr', 'notes.exr']]);
  expect(offered('a/v001/beauty.exr')).toEqual([[], ['beauty.exr'], ['x_v002.exr', 'notes.exr']]);
});

describe('for any names of a studio', () => {
  const word = fc.stringMatching(/^[a-uw-z]{1,6}[0-9]{0,3}$/);
  const version = fc.integer({ min: 0, max: 999_999 });
  const written = (number: number, width: number) => `v${String(number).padStart(width, '0')}`;
  const shot = fc.record({ word, task: word, version, other: version, width: fc.integer({ min: 1, max: 4 }) });
  const layouts = fc.constantFrom('', 'exr/', 'full_res/');

  it('a version finds the other one, and only by what is listed', () => {
    fc.assert(
      fc.property(shot, layouts, ({ word: name, task, version: one, other, width }, below) => {
        fc.pre(one !== other);
        const keyOf = (number: number) =>
          `${name}/${written(number, width)}/${below}${name}_${task}_${written(number, width)}.####.exr`;
        const [own, listed] = [file(keyOf(one)), file(keyOf(other))];
        const of = versionFoldersOf(own);
        if (!of) return false;
        const [found, ...more] = otherVersionFolders([folder(`${name}/${written(other, width)}/`)], of);
        expect([found?.folder, more]).toEqual([folderOf(listed.key), []]);
        if (!found) return false;
        expect(versionsIn([listed], own, found)).toEqual([{ file: listed, version: other, within: found.within }]);
        expect(versionsIn([own], own, found)).toEqual([]);
        return true;
      }),
    );
  });

  it('nothing is thrown, and what is offered was listed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (key, others) => {
        const own = file(key);
        const of = versionFoldersOf(own);
        const entries = others.map((other) => folder(`${of?.parent ?? ''}${other}/`));
        const keys = entries.map((entry) => entry.key);
        for (const one of of ? otherVersionFolders(entries, of) : []) {
          expect(keys.some((listed) => one.folder.startsWith(listed))).toBe(true);
        }
      }),
    );
  });
});

describe('what two files are called side by side', () => {
  it.each([
    ['a/x_v001.exr', 'b/x_v002.exr', 'x_v001.exr', 'x_v002.exr'],
    ['sh010/v001/exr/x.exr', 'sh010/v002/exr/x.exr', 'v001/exr/x.exr', 'v002/exr/x.exr'],
    ['x.exr', 'v002/x.exr', 'x.exr', 'v002/x.exr'],
    ['a/x.exr', 'a/x.exr', 'x.exr', 'x.exr'],
  ])('%s, %s: %s, %s', (one, other, ...expected) => expect(namesApart(file(one), file(other))).toEqual(expected));
});

describe('the search', () => {
  const OWN = file('sh010/v010/x_v010.####.exr');
  const failure = new NearplayApiError({ code: 'access-denied', message: 'No.', retryable: false });
  /** A folder with its files, in pages of so many entries. */
  function listing(numbers: readonly number[], refused: readonly string[] = []) {
    return vi.fn<NearplayApi['listLibrary']>(({ folder: asked, cursor = '0' }) => {
      if (refused.includes(asked)) return Promise.reject(failure);
      const entries: LibraryEntry[] =
        asked === 'sh010/'
          ? numbers.map((number) => folder(`sh010/v${String(number).padStart(3, '0')}/`))
          : [file(`${asked}x_${asked.slice(6, 10)}.####.exr`), file(`${asked}notes.txt`)];
      const page: LibraryPage = { folder: asked, entries: entries.slice(Number(cursor), Number(cursor) + 5) };
      const next = Number(cursor) + 5;
      return Promise.resolve({ ...page, ...(next < entries.length && { cursor: `${next}` }) });
    });
  }
  async function search(list: NearplayApi['listLibrary'], signal = new AbortController().signal) {
    const told: FoundVersions[] = [];
    const folders = versionFoldersOf(OWN);
    if (!folders) throw new Error('It has a version');
    await findVersions({ list, file: OWN, folders, changed: (found) => told.push(found), signal });
    return { told, last: told.at(-1), versions: told.at(-1)?.versions.map(({ version }) => version) };
  }

  it('lists the folder of all versions, page by page, and then the nearest of them', async () => {
    const list = listing(Array.from({ length: 20 }, (_, index) => index + 1));
    const { last, told, versions } = await search(list);
    expect(versions).toEqual([20, 14, 13, 12, 11, 9, 8, 7]);
    expect(last).toMatchObject({ phase: 'done', isPartial: true, report: undefined });
    expect(told[0]).toMatchObject({ phase: 'looking', versions: [] });
    expect(list.mock.calls.map(([asked]) => asked.folder).filter((asked) => asked === 'sh010/')).toHaveLength(4);
    expect(list).toHaveBeenCalledTimes(4 + 8);
  });

  it('is whole where all were looked into', async () => {
    const { last, versions } = await search(listing([9, 10, 11]));
    expect([last?.phase, last?.isPartial, versions]).toEqual(['done', false, [11, 9]]);
  });

  it('ends after so many pages, and says that there may be more', async () => {
    const list = listing(Array.from({ length: 1000 }, (_, index) => index + 11));
    const { last } = await search(list);
    expect(list.mock.calls.filter(([asked]) => asked.folder === 'sh010/')).toHaveLength(10);
    expect(last).toMatchObject({ phase: 'done', isPartial: true });
  });

  it('tells a failure, with what was found', async () => {
    const { last, versions } = await search(listing([8, 9, 10, 11], ['sh010/v009/']));
    expect(last).toMatchObject({ phase: 'failed', report: { code: 'access-denied' } });
    expect(versions).toEqual([11, 8]);
    expect(await search(listing([9], ['sh010/']))).toMatchObject({ last: { phase: 'failed', versions: [] } });
  });

  it('lists and tells nothing after its end', async () => {
    const ends = new AbortController();
    const list = listing([9, 11]);
    const ended = vi.fn<NearplayApi['listLibrary']>((asked) => {
      ends.abort();
      return list(asked);
    });
    const { told } = await search(ended, ends.signal);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(told.map(({ phase }) => phase)).toEqual(['looking']);
  });
});

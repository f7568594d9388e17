import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LibraryEntry, LibraryFile } from '../../../../shared/library.ts';
import { frameRanges, groupSequences } from '../../../../shared/sequences.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

let studio: TestStudio;
beforeAll(async () => {
  studio = await startTestStudio();
});
afterAll(() => studio.stop());

async function everyPage(folder: string): Promise<{ entries: LibraryEntry[]; pages: number }> {
  const entries: LibraryEntry[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await studio.services.studio().library.list(folder, cursor);
    entries.push(...page.entries);
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== undefined);
  return { entries, pages };
}

const isFile = (entry: LibraryEntry): entry is LibraryFile => entry.type === 'file';
const upload = async (folder: string, names: readonly string[]) => {
  const paths = await Promise.all(names.map((name) => studio.file(name, name)));
  await studio.services.uploads.add(folder, paths);
  await expect
    .poll(() => studio.services.uploads.list().every(({ state }) => state === 'done'), { timeout: 60_000 })
    .toBe(true);
};
const frames = (name: string, count: number) =>
  Array.from({ length: count }, (_unused, index) => name.replace('#', String(1001 + index).padStart(4, '0')));

describe('an image sequence', () => {
  it('is one file of the library and reads from the replica only when every frame is there', async () => {
    const { sandbox } = studio;
    sandbox.setReplication({ mode: 'never' });
    await upload('late', ['plate.1003.exr']);
    sandbox.setReplication({ mode: 'normal', delayMs: 0 });
    await upload('late', ['plate.1001.exr', 'plate.1002.exr']);
    await sandbox.waitForReplica('media/late/plate.1002.exr', 50_000);
    const [sequence] = (await everyPage('late/')).entries.filter(isFile);
    expect(sequence).toMatchObject({
      key: 'late/plate.1003.exr',
      name: 'plate.####.exr',
      kind: 'image',
      sequence: { firstKey: 'late/plate.1001.exr', first: 1001, last: 1003, count: 3, frames: '1001-1003' },
      route: { storage: 'main-us', reason: 'replica-not-ready' },
    });

    await upload('whole', frames('plate.#.exr', 4));
    await sandbox.waitForReplica('media/whole/plate.1004.exr', 50_000);
    await expect
      .poll(async () => (await everyPage('whole/')).entries.find(isFile)?.route.reason, { timeout: 50_000 })
      .toBe('replica-by-ip');
  });

  it('is never torn by a page, nor are its neighbours lost or doubled', async () => {
    // Two sequences that interleave across the end of the first listing of 1,000, and files around them.
    const names = ['aaa.txt', ...frames('beauty.#.exr', 700), ...frames('beauty.#.png', 700), 'zzz.txt'];
    put('many', names);
    const { entries, pages } = await everyPage('many/');
    const files = entries.filter(isFile);
    expect(pages).toBeGreaterThan(1);
    expect(files.map(({ name, sequence }) => [name, sequence?.count ?? 1]).sort()).toEqual([
      ['aaa.txt', 1],
      ['beauty.####.exr', 700],
      ['beauty.####.png', 700],
      ['zzz.txt', 1],
    ]);
  });

  it('is never taken for a file that is called like it, nor the file for the sequence', async () => {
    await upload('lit', ['plate.0001.png', 'plate.0002.png', 'plate.####.png', 'take#1.0001.png', 'take#1.0002.png']);
    const files = (await everyPage('lit/')).entries.filter(isFile);
    expect(files.map(({ key, name, sequence }) => [key, name, sequence?.frames]).sort()).toEqual([
      ['lit/plate.####.png', 'plate.####.png', undefined],
      ['lit/plate.0002.png', 'plate.####.png', '1-2'],
      ['lit/take#1.0002.png', 'take#1.####.png', '1-2'],
    ]);
    const content = async (url: string) => (await fetch(url)).text();
    const file = await studio.services.studio().createLink('lit/plate.####.png', 'play');
    expect(await content(file.url)).toBe('plate.####.png');
    for (const { sequence } of files) {
      if (!sequence) continue;
      const links = await studio.services.studio().createSequenceLinks(sequence.id);
      expect(links.frames.map(({ number }) => number)).toEqual([1, 2]);
      const still = await studio.services.studio().createLink(sequence.firstKey, 'preview');
      expect(await content(links.frames[0]?.url ?? '')).toBe(await content(still.url));
      expect(`lit/${await content(still.url)}`).toBe(sequence.firstKey);
    }
  });

  it.each([
    ['without padding', Array.from({ length: 1300 }, (_unused, index) => `test.${index + 1}.exr`), 'test.#.exr'],
    ['of bare numbers', Array.from({ length: 1300 }, (_unused, index) => `${index + 1}.png`), '#.png'],
    ['below zero', Array.from({ length: 1300 }, (_unused, index) => `t${index - 300}.png`), 't#.png'],
  ])('%s is whole, though its keys are not in the order of its frames', async (kind, names, name) => {
    const folder = `unordered/${kind}`;
    put(folder, ['!first.txt', ...names, 'zzz.txt']);
    const { entries } = await everyPage(`${folder}/`);
    const files = entries.filter(isFile);
    expect(files.map((file) => [file.name, file.sequence?.count ?? 1]).sort()).toEqual(
      [
        ['!first.txt', 1],
        [name, 1300],
        ['zzz.txt', 1],
      ].sort(),
    );
    const sequence = files.find((file) => file.sequence)?.sequence;
    expect(sequence && sequence.last - sequence.first).toBe(1299);
    if (!sequence) return;
    const { frames } = await studio.services.studio().createSequenceLinks(sequence.id);
    expect(frames).toHaveLength(1300);
  });

  it('is the same over many pages as in one look at the folder, whatever the names', async () => {
    const part = fc.constantFrom(
      'a',
      'b',
      'sh',
      'v',
      '.',
      '_',
      '-',
      ' ',
      '#',
      '0',
      '1',
      '7',
      '10',
      '99',
      '100',
      '0001',
      '+',
      '~',
    );
    const made = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => `${parts.join('')}.png`);
    const names = [...new Set(fc.sample(made, { numRuns: 6000, seed: 8 }))].filter((name) => !name.includes('/'));
    put('pages', names);
    const { entries, pages } = await everyPage('pages/');
    expect(pages).toBeGreaterThan(2);
    const { singles, sequences } = groupSequences(names, (name) => name);
    const told = entries.filter(isFile).map(({ name, sequence }) => `${name} ${sequence?.frames ?? ''}`);
    const expected = sequences.map(({ name, frames }) => `${name} ${frameRanges(frames.map(({ number }) => number))}`);
    expect(told.sort()).toEqual([...singles.map((name) => `${name} `), ...expected].sort());
  });

  it('of more frames than can be listed at once says so, and no number of them', async () => {
    put(
      'endless',
      Array.from({ length: 100_500 }, (_unused, index) => `f.${String(index).padStart(6, '0')}.png`),
    );
    const { entries } = await everyPage('endless/');
    const sequences = entries.filter(isFile).flatMap(({ sequence }) => sequence ?? []);
    expect(sequences.map(({ count, goesOn }) => [count, goesOn])).toEqual([
      [100_000, true],
      [500, true],
    ]);
    const [first] = sequences;
    if (!first) return;
    await expect(studio.services.studio().createSequenceLinks(first.id)).rejects.toMatchObject({
      code: 'not-supported',
    });
  }, 120_000);

  it('keeps two files of one number apart, and both can be opened', async () => {
    await upload('mixed', ['a.1.png', 'a.01.png', 'a.001.png']);
    const files = (await everyPage('mixed/')).entries.filter(isFile);
    expect(files.map(({ key }) => key).sort()).toEqual(['mixed/a.001.png', 'mixed/a.01.png', 'mixed/a.1.png']);
  });
});

/** Into main past HTTP: thousands of uploads take their time. */
function put(folder: string, names: readonly string[]): void {
  const bucket = studio.sandbox.bucketOf(studio.sandbox.main.name);
  for (const name of names) {
    bucket.add({
      ...{ key: `media/${folder}/${name}`, versionId: name, isDeleteMarker: false, pieces: [], size: 0 },
      ...{ etag: 'd41d8cd98f00b204e9800998ecf8427e', lastModified: studio.sandbox.now() - 60_000, headers: {} },
    });
  }
}

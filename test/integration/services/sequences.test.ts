import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LibraryEntry, LibraryFile } from '../../../shared/ipc.ts';
import { startTestStudio, type TestStudio } from './studio.ts';

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
    const page = await studio.services.requests['list-library']({ folder, ...(cursor !== undefined && { cursor }) });
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
    await sandbox.waitForReplica('media/late/plate.1002.exr', 5000);
    const [sequence] = (await everyPage('late/')).entries.filter(isFile);
    expect(sequence).toMatchObject({
      key: 'late/plate.####.exr',
      kind: 'other',
      sequence: { first: 1001, last: 1003, count: 3, frames: '1001-1003' },
      route: { storage: 'main-us', reason: 'replica-not-ready' },
    });

    await upload('whole', frames('plate.#.exr', 4));
    await sandbox.waitForReplica('media/whole/plate.1004.exr', 5000);
    await expect
      .poll(async () => (await everyPage('whole/')).entries.find(isFile)?.route.reason, { timeout: 10_000 })
      .toBe('replica-by-ip');
  });

  it('is never torn by a page, nor are its neighbours lost or doubled', async () => {
    // Two sequences that interleave across the end of the first listing of 1,000, and files around them.
    const names = ['aaa.txt', ...frames('beauty.#.exr', 700), ...frames('beauty.#.png', 700), 'zzz.txt'];
    await upload('many', names);
    const { entries, pages } = await everyPage('many/');
    const files = entries.filter(isFile);
    expect(pages).toBeGreaterThan(1);
    expect(files.map(({ name, sequence }) => [name, sequence?.count ?? 1]).sort()).toEqual([
      ['aaa.txt', 1],
      ['beauty.####.exr', 700],
      ['beauty.####.png', 700],
      ['zzz.txt', 1],
    ]);
  }, 120_000);
});

import fc from 'fast-check';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalTree } from '../../../../../../electron/services/transfers/download/localTree.ts';
import { foldedName } from '../../../../../../shared/localNames.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nearplay-tree-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function placesOf(keys: readonly string[], folder: string) {
  const tree = new LocalTree(folder);
  const places = [];
  for (const key of keys) places.push(await tree.place(key));
  return places;
}

/** Parts that lead elsewhere, that disks refuse, or that some disks take for each other. */
const part = fc.oneof(
  fc.constantFrom('..', '.', '', 'a', 'A', 'con', 'a.', 'a ', 'a\\..\\b', 'é', 'e\u0301', 'a:b', 'a?b', '.git'),
  fc.string({ maxLength: 8 }),
);
const keyList = fc.uniqueArray(
  fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
  {
    maxLength: 12,
  },
);

it('gives any keys names of their own below the root, the same each time', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(keyList, async (keys) => {
      run += 1;
      const folder = join(root, String(run));
      const places = await placesOf(keys, folder);
      const paths = places.map(({ path }) => path);
      expect(paths.every((path) => path.startsWith(folder + sep) && !path.split(sep).includes('..'))).toBe(true);
      expect(new Set(paths.map(foldedName)).size).toBe(keys.length);
      for (const path of paths) await writeFile(path, '', { flag: 'wx' });
      const again = await placesOf(keys, folder);
      expect(again.map(({ path }) => path)).toEqual(paths);
      expect(again.every(({ isTaken }) => isTaken)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('leaves a name that is safe as it is', async () => {
  const keys = ['sq010/plate.0001.exr', 'sq010/sh020/comp v2.mov', 'notes.txt'];
  const places = await placesOf(keys, root);
  expect(places.map(({ path }) => path)).toEqual(keys.map((key) => join(root, key)));
  expect(places.every(({ isRenamed, isTaken }) => !isRenamed && !isTaken)).toBe(true);
  expect((await readdir(root)).sort()).toEqual(['sq010']);
});

it('says so where a file is in the way of a folder', async () => {
  await writeFile(join(root, 'a'), '');
  await expect(placesOf(['a/b.exr'], root)).rejects.toMatchObject({ code: 'not-a-folder' });
  await mkdir(join(root, 'c'));
  expect(await placesOf(['c'], root)).toMatchObject([{ isTaken: true }]);
  expect(dirname(join(root, 'c'))).toBe(root);
});

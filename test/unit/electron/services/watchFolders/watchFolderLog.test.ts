import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type LoggedFile, WatchFolderLog } from '../../../../../electron/services/watchFolders/watchFolderLog.ts';
import { withFolder } from '../../../../helpers/fixtures.ts';
import { turnsDuring } from '../../../../helpers/turns.ts';

const it = withFolder
  .extend('file', ({ folder }) => join(folder, 'memory.jsonl'))
  .extend('reopened', ({ file }) => async (): Promise<WatchFolderLog> => {
    const memory = await WatchFolderLog.open(file);
    await memory.close();
    return memory;
  });

const seen = (size: number, more: Partial<LoggedFile> = {}): LoggedFile => ({
  ...{ size, mtimeMs: 1.5, isOwn: false },
  ...more,
});

it('remembers over restarts, the last word on each file', async ({ file, reopened }) => {
  const memory = await WatchFolderLog.open(file);
  await memory.record([
    ['a\nb.mov', seen(1, { transfer: 'id' })],
    ['c', seen(2)],
  ]);
  await memory.record([['a\nb.mov', seen(3, { isOwn: true })]]);
  await memory.close();
  const again = await reopened();
  expect(again.get('a\nb.mov')).toEqual({ size: 3, mtimeMs: 1.5, isOwn: true });
  expect([...again.entries()]).toHaveLength(2);
});

it('survives a torn line, at the end and for what comes after it', async ({ file, reopened }) => {
  const memory = await WatchFolderLog.open(file);
  await memory.record([['a', seen(1)]]);
  await memory.close();
  await appendFile(file, '["b",2,3,nu');
  const torn = await WatchFolderLog.open(file);
  expect(torn.get('b')).toBeUndefined();
  await torn.record([['c', seen(4)]]);
  await torn.close();
  const again = await reopened();
  expect([...again.entries()].map(([path]) => path)).toEqual(['a', 'c']);
});

it('stays short, however often files change', async ({ file, reopened }) => {
  const memory = await WatchFolderLog.open(file);
  for (let size = 0; size < 30; size++) {
    await memory.record(Array.from({ length: 100 }, (_, number) => [`${number}.exr`, seen(size)]));
  }
  await memory.close();
  expect([...(await reopened()).entries()]).toHaveLength(100);
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(100);
  expect((await reopened()).get('7.exr')).toEqual(seen(29));
});

it('reads 100,000 files, and others have their turn meanwhile', async ({ file, reopened }) => {
  const memory = await WatchFolderLog.open(file);
  for (let start = 0; start < 100_000; start += 1000) {
    await memory.record(Array.from({ length: 1000 }, (_, n) => [`shot/render.${start + n}.exr`, seen(start + n)]));
  }
  await memory.close();
  expect(await turnsDuring(reopened)).toBeGreaterThan(10);
  expect([...(await reopened()).entries()]).toHaveLength(100_000);
});

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from '../../../../../electron/services/transfers/journal.ts';
import type { TransferRecord } from '../../../../../electron/services/transfers/transferRecord.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const record = (id: string, changes: Partial<TransferRecord> = {}): TransferRecord => ({
  ...{ id, order: Number(id), path: `/media/${id}`, size: 10, mtimeMs: 1.5, inode: '18446744073709551615' },
  ...{ key: `k/${id}`, wanted: `k/${id}`, policy: 'keep-both', state: 'waiting', createdAt: 1, confirmed: 0 },
  ...{ toAbort: [], lost: [] },
  ...changes,
});
const open = async () => {
  const journal = new Journal(folder);
  return { journal, ...(await journal.load()) };
};

it('gives back what was put in, in the order of the queue', async () => {
  const { journal } = await open();
  await journal.add([record('3'), record('1')]);
  await journal.add([record('2')]);
  const upload = { bucket: 'b', wholeKey: 'k/1', uploadId: 'u' };
  await journal.put(record('1', { state: 'running', upload, partSize: 8 }));
  journal.note(record('2', { state: 'done' }));
  await journal.flush();
  expect((await open()).records).toEqual([
    record('1', { state: 'running', upload, partSize: 8 }),
    record('2', { state: 'done' }),
    record('3'),
  ]);
});

it('keeps the last of many writings that come at once', async () => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await Promise.all(Array.from({ length: 50 }, (_, confirmed) => journal.put(record('1', { confirmed }))));
  expect((await open()).records).toEqual([record('1', { confirmed: 49 })]);
  expect(await readdir(folder)).toHaveLength(1);
});

it('removes records, and files with the last one', async () => {
  const { journal } = await open();
  await journal.add([record('1'), record('2')]);
  await journal.remove(['1']);
  expect((await open()).records).toEqual([record('2')]);
  await journal.remove(['2', 'unknown']);
  expect(await readdir(folder)).toEqual([]);
});

it.each(['', '{', '{"version":1,"records":[{"id":"1"}]}', '{"version":2,"records":[]}', '\0\0\0'])(
  'sets a damaged file aside (%j) and reads the others',
  async (content) => {
    const { journal } = await open();
    await journal.add([record('1')]);
    await writeFile(join(folder, 'bad.json'), content);
    const { records, damaged } = await open();
    expect(records).toEqual([record('1')]);
    expect(damaged).toHaveLength(1);
    expect(await readFile(damaged[0] ?? '', 'utf8')).toBe(content);
    expect((await open()).damaged).toEqual([]);
  },
);

it('forgets what a crash left half written beside', async () => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await writeFile(join(folder, 'half.json.tmp'), '{"ver');
  expect((await open()).records).toEqual([record('1')]);
  expect(await readdir(folder)).toHaveLength(1);
});

it('explains a disk that takes nothing, and the next writing carries what is owed', async () => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await rm(folder, { recursive: true });
  await expect(journal.put(record('1', { confirmed: 5 }))).rejects.toMatchObject({ code: 'disk-full' });
  const again = new Journal(folder);
  await again.load();
  await journal.put(record('1', { confirmed: 6 }));
  expect((await open()).records).toEqual([record('1', { confirmed: 6 })]);
});

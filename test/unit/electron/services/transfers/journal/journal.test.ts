import fc from 'fast-check';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { Journal } from '../../../../../../electron/services/transfers/journal/journal.ts';
import { withFolder } from '../../../../../helpers/fixtures.ts';
import { fifo } from '../../../../../helpers/oddFiles.ts';
import { anUploadRecord as record } from '../../../../../mothers/uploadRecords.ts';

const it = withFolder.extend('open', ({ folder }) => async () => {
  const journal = new Journal(folder);
  return { journal, ...(await journal.load()) };
});

it('gives back what was put in, in the order of the queue', async ({ open }) => {
  const { journal } = await open();
  await journal.add([record('3'), record('1')]);
  await journal.add([record('2')]);
  const upload = { bucket: 'b', wholeKey: 'k/1', uploadId: 'u' };
  await journal.put(record('1', { state: 'running', upload, partSize: 8 }));
  journal.putSoon(record('2', { state: 'done' }));
  await journal.flush();
  expect((await open()).records).toEqual([
    record('1', { state: 'running', upload, partSize: 8 }),
    record('2', { state: 'done' }),
    record('3'),
  ]);
});

it.skipIf(process.platform === 'win32')(
  'does not wait for a pipe that has the name of a sheet',
  async ({ folder, open }) => {
    const { journal } = await open();
    await journal.add([record('1')]);
    await fifo(join(folder, 'pipe.json'));
    const { records, unread } = await open();
    expect(records).toEqual([record('1')]);
    expect(unread.files).toEqual([join(folder, 'pipe.json')]);
  },
);

it('keeps the last of many writings that come at once', async ({ folder, open }) => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await Promise.all(Array.from({ length: 50 }, (_, confirmed) => journal.put(record('1', { confirmed }))));
  expect((await open()).records).toEqual([record('1', { confirmed: 49 })]);
  expect(await readdir(folder)).toHaveLength(1);
});

it('loses no change made while the record is being added', async ({ open }) => {
  const { journal } = await open();
  const adding = journal.add([record('1'), record('2'), record('3')]);
  journal.putSoon(record('1', { state: 'paused' }));
  await journal.put(record('2', { state: 'paused' }));
  await journal.remove(['3']);
  await adding;
  await journal.flush();
  expect((await open()).records).toEqual([record('1', { state: 'paused' }), record('2', { state: 'paused' })]);
});

it('has nothing of records that could not be added, changed meanwhile or not', async ({ folder, open }) => {
  const { journal } = await open();
  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file where the folder was');
  const adding = journal.add([record('1')]);
  journal.putSoon(record('1', { state: 'paused' }));
  await expect(adding).rejects.toThrow();
  await rm(folder);
  await journal.flush();
  expect(journal.has('1')).toBe(false);
  expect((await open()).records).toEqual([]);
});

it('removes records, and files with the last one', async ({ folder, open }) => {
  const { journal } = await open();
  await journal.add([record('1'), record('2')]);
  await journal.remove(['1']);
  expect((await open()).records).toEqual([record('2')]);
  await journal.remove(['2', 'unknown']);
  expect(await readdir(folder)).toEqual([]);
});

it.for<[string, string, number]>([
  ['', 'damaged', 0],
  ['{', 'damaged', 0],
  ['{"version":"1","records":[]}', 'damaged', 0],
  ['{"version":3,"records":[{"id":"1"},{"id":"2"}]}', 'newer', 2],
  ['\0\0\0', 'damaged', 0],
])(
  'sets a sheet aside that is not understood (%j) and reads the others',
  async ([content, why, uploads], { folder, open }) => {
    const { journal } = await open();
    await journal.add([record('1')]);
    await writeFile(join(folder, 'bad.json'), content);
    const { records, unread, setAside } = await open();
    expect(records).toEqual([record('1')]);
    expect(unread).toEqual({ uploads, files: [expect.stringContaining(`bad.json.${why}-`)] });
    expect(await readFile(unread.files[0] ?? '', 'utf8')).toBe(content);
    const again = await open();
    expect([again.unread.files, again.setAside]).toEqual([[], setAside]);
  },
);

it('sets a sheet aside that is no UTF-8: read with replacement characters, its keys would be others', async ({
  folder,
  open,
}) => {
  await mkdir(folder, { recursive: true });
  const bytes = Buffer.from(JSON.stringify({ version: 1, records: [record('caf\xe9')] }), 'latin1');
  await writeFile(join(folder, 'bad.json'), bytes);
  const { records, unread } = await open();
  expect(records).toEqual([]);
  expect(await readFile(unread.files[0] ?? '')).toEqual(bytes);
});

it('one record that is not understood costs only itself, and is kept in a file of its own', async ({
  folder,
  open,
}) => {
  const { journal } = await open();
  await journal.add(Array.from({ length: 50 }, (_, number) => record(String(number))));
  const [sheet = ''] = await readdir(folder);
  const content = sheetOf(await readFile(join(folder, sheet), 'utf8'));
  const bad = { ...record('7'), state: 'teleporting', more: [1] };
  content.records[7] = bad;
  await writeFile(join(folder, sheet), JSON.stringify(content));
  const { records, unread, journal: next } = await open();
  expect(records).toHaveLength(49);
  expect(unread).toMatchObject({ uploads: 1, files: [expect.any(String)] });
  expect(sheetOf(await readFile(unread.files[0] ?? '', 'utf8')).records).toEqual([bad]);
  await next.put(record('1', { confirmed: 3 }));
  expect((await open()).records).toHaveLength(49);
});

it('any bytes: the journal is read, and no byte that is not understood is lost', async ({ folder, open }) => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constant(JSON.stringify({ version: 1, records: [1, null, {}] })),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (content) => {
      await rm(folder, { recursive: true, force: true });
      const { journal } = await open();
      await journal.add([record('1')]);
      await writeFile(join(folder, 'any.json'), content);
      const { records, unread } = await open();
      expect(records).toEqual([record('1')]);
      expect(unread.problem).toBeUndefined();
      for (const file of unread.files) expect((await readFile(file, 'utf8')).length).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 40 },
  );
});

it('keeps the fields of a later version and writes them back', async ({ folder, open }) => {
  const { journal } = await open();
  await journal.add([record('1')]);
  const [sheet = ''] = await readdir(folder);
  const upload = { bucket: 'b', wholeKey: 'k', uploadId: 'u', speed: 'warp' };
  const later = { ...record('1'), upload, colour: 'blue', error: { code: 'eaten', message: 'm', retryable: true } };
  await writeFile(join(folder, sheet), JSON.stringify({ version: 1, records: [later] }));
  const { journal: next, records, unread } = await open();
  expect([records.length, unread.files]).toEqual([1, []]);
  expect(records[0]?.error?.code).toBe('internal');
  for (const read of records) await next.put({ ...read, confirmed: 5 });
  const written = sheetOf(await readFile(join(folder, sheet), 'utf8')).records[0];
  expect(written).toMatchObject({ colour: 'blue', upload, confirmed: 5 });
});

it('a file where its folder should be is set aside, and the folder made', async ({ folder, open }) => {
  await rm(folder, { recursive: true });
  await writeFile(folder, 'not a folder');
  const { journal, unread } = await open();
  expect(await readFile(unread.files[0] ?? '', 'utf8')).toBe('not a folder');
  await rm(unread.files[0] ?? '');
  await journal.add([record('1')]);
  expect((await open()).records).toEqual([record('1')]);
});

it('what keeps the folder from being made is reported and does not stop the start', async ({ folder }) => {
  await writeFile(join(folder, 'file'), '');
  const blocked = new Journal(join(folder, 'file', 'transfers'));
  const { records, unread } = await blocked.load();
  expect(records).toEqual([]);
  expect(unread.problem).toMatchObject({ code: 'disk-full' });
  await expect(blocked.put(record('1'))).rejects.toMatchObject({ code: 'disk-full' });
});

it('creates a removed folder again', async ({ folder, open }) => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await rm(folder, { recursive: true });
  await journal.put(record('1', { confirmed: 5 }));
  expect((await open()).records).toEqual([record('1', { confirmed: 5 })]);
});

function sheetOf(text: string): { records: unknown[] } {
  return z.looseObject({ records: z.array(z.unknown()) }).parse(JSON.parse(text));
}

it('forgets what a crash left half written beside', async ({ folder, open }) => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await writeFile(join(folder, 'half.json.tmp'), '{"ver');
  expect((await open()).records).toEqual([record('1')]);
  expect(await readdir(folder)).toHaveLength(1);
});

it('explains a disk that takes nothing, and the next writing carries what is owed', async ({ folder, open }) => {
  const { journal } = await open();
  await journal.add([record('1')]);
  await rm(folder, { recursive: true });
  await writeFile(folder, 'in the way');
  await expect(journal.put(record('1', { confirmed: 5 }))).rejects.toMatchObject({ code: 'disk-full' });
  await rm(folder);
  await journal.put(record('1', { confirmed: 6 }));
  expect((await open()).records).toEqual([record('1', { confirmed: 6 })]);
});

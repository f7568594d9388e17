import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import { toBase64 } from '../../../../electron/services/content/crc32.ts';
import { withQueueOnSharedSandbox } from './fixtures.ts';
import { bytesOf, count, MIB, only, uploadsIn } from './surroundings.ts';

const it = withQueueOnSharedSandbox;

it('sends a large file in parts that are checked, and proves the whole', async ({ desk, finish, running, sandbox }) => {
  const path = await desk.file('clip.mov', 37 * MIB + 5);
  await running.queue.add('shots', [path]);
  await finish();
  const sent = await readFile(path);
  expect(only(running.queue)).toMatchObject({ state: 'done', key: 'shots/clip.mov', sent: sent.length });
  expect((await bytesOf(sandbox, 'shots/clip.mov'))?.equals(sent)).toBe(true);
  expect(count(sandbox, 'UploadPart')).toBe(5);
  expect(running.queue.receipts()).toMatchObject([
    {
      key: 'media/shots/clip.mov',
      size: sent.length,
      parts: 5,
      crc32: toBase64(crc32(sent)),
      verifiedBy: 'head',
      from: path,
    },
  ]);
  expect(uploadsIn(sandbox)).toHaveLength(0);
});

it('describes the object by its name and its file', async ({ desk, finish, running, sandbox }) => {
  const path = await desk.file('still.png', 17 * MIB);
  await running.queue.add('', [path]);
  await finish();
  const { headers } = sandbox.bucketOf('main-us').current('media/still.png') ?? {};
  expect(headers).toMatchObject({ 'content-type': 'image/png' });
  expect(headers?.['x-amz-meta-mtime']).toMatch(/^\d+\.000000000$/);
});

it('sends a small file in one request', async ({ desk, finish, running, sandbox }) => {
  const path = await desk.file('note.txt', 1234);
  await running.queue.add('', [path]);
  await finish();
  expect((await bytesOf(sandbox, 'note.txt'))?.equals(await readFile(path))).toBe(true);
  expect(sandbox.requests.map(({ operation }) => operation)).toEqual(['PutObject']);
  expect(running.queue.receipts()).toMatchObject([
    { size: 1234, parts: 1, crc32: toBase64(crc32(await readFile(path))) },
  ]);
});

it('sends an empty file', async ({ desk, finish, running, sandbox }) => {
  const path = await desk.file('empty.bin', 0);
  await running.queue.add('', [path]);
  await finish();
  expect(only(running.queue).state).toBe('done');
  expect((await bytesOf(sandbox, 'empty.bin'))?.equals(Buffer.alloc(0))).toBe(true);
});

it('sends a stream of unknown length in parts', async ({ running, sandbox }) => {
  const bytes = Buffer.alloc(40 * MIB, 'nearplay ');
  const transfer = await running.queue.addStream(
    'from/stdin.bin',
    Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]),
  );
  expect(transfer.state).toBe('done');
  expect((await bytesOf(sandbox, 'from/stdin.bin'))?.equals(bytes)).toBe(true);
  expect(running.queue.receipts()).toMatchObject([
    { size: bytes.length, parts: 3, crc32: toBase64(crc32(bytes)), from: '-' },
  ]);
});

it('sends the same content only once', async ({ desk, finish, running }) => {
  for (const size of [100, 18 * MIB]) {
    const path = await desk.file(`same-${size}.bin`, size);
    await running.queue.add('', [path]);
    await finish();
    await running.queue.add('', [path]);
    await finish();
    expect(running.queue.list().map(({ state }) => state)).toEqual(['done', 'skipped']);
    running.queue.clear();
  }
});

it('keeps both by a new name, by default', async ({ desk, finish, running, sandbox }) => {
  for (const size of [100, 18 * MIB]) {
    const name = `taken-${size}.bin`;
    await running.queue.add('', [await desk.file(name, size)]);
    await finish();
    await running.queue.add('', [await desk.file(name, size)]);
    await finish();
    expect(running.queue.list().map(({ key }) => key)).toEqual([name, `taken-${size} (2).bin`]);
    const path = await desk.file(name, size);
    await running.queue.add('', [path], { onConflict: 'ask' });
    await finish();
    expect(running.queue.list().at(-1)).toMatchObject({ state: 'blocked', blockedFor: 'conflict' });
    running.queue.decide('replace');
    await finish();
    expect(running.queue.list().at(-1)).toMatchObject({ state: 'done', key: name });
    expect((await bytesOf(sandbox, name))?.equals(await readFile(path))).toBe(true);
    running.queue.clear();
  }
  expect(uploadsIn(sandbox)).toHaveLength(0);
});

it('waits for a file that is still being written', async ({ desk, finish, running, sandbox }) => {
  const path = await desk.file('render.exr', 1000);
  await writeFile(path, 'first half');
  await running.queue.add('', [path]);
  const before = performance.now();
  await finish();
  expect(performance.now() - before).toBeGreaterThan(250);
  expect((await bytesOf(sandbox, 'render.exr'))?.toString()).toBe('first half');
});

import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { bytesOf, count, Desk, makeQueue, MIB, only, type RunningQueue } from './surroundings.ts';

const PART = 40 * MIB;
const SIZE = 2 * PART + 12_345;
const KEY = 'feature.mov';

let sandbox: Sandbox;
let desk: Desk;
let running: RunningQueue;

beforeEach(async () => {
  sandbox = await startSandbox();
  desk = await Desk.open();
  running = makeQueue(sandbox, desk);
});
afterEach(async () => {
  await running.stop();
  await sandbox.close();
  await desk.close();
});

/** As the journal of a file beyond 312 GiB has it, whose parts are too large to be kept in memory. */
async function journalLargeParts(path: string): Promise<void> {
  const bucket = 'studio-media';
  const wholeKey = `media/${KEY}`;
  const command = new CreateMultipartUploadCommand({
    ...{ Bucket: bucket, Key: wholeKey, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' },
  });
  const { UploadId: uploadId = '' } = await running.clients.clientOf('main-us').send(command);
  const { mtimeNs, ino } = await stat(path, { bigint: true });
  const [mtimeMs, inode] = [Number(mtimeNs) / 1e6, ino.toString()];
  const journal = new Journal(desk.journalFolder);
  await journal.load();
  await journal.add([
    {
      ...{ id: 'large', order: 1, path, size: SIZE, mtimeMs, inode, key: KEY, wanted: KEY },
      ...{ policy: 'ask', state: 'waiting', createdAt: 0, confirmed: 0, abandoned: [], unconfirmedStarts: [] },
      upload: { bucket, wholeKey, uploadId },
      partSize: PART,
    },
  ]);
  await journal.flush();
}

it('parts that are too large for memory are read twice, sent whole, and again where the line broke', async () => {
  const path = await desk.file(KEY, SIZE);
  await journalLargeParts(path);
  sandbox.addFault({
    operation: 'UploadPart',
    partNumber: 1,
    times: 1,
    effect: { kind: 'reset', afterBytes: 25 * MIB },
  });
  await running.queue.start();
  await running.queue.finished();
  expect(only(running.queue)).toMatchObject({ state: 'done', size: SIZE, confirmed: SIZE });
  expect((await bytesOf(sandbox, KEY))?.equals(await readFile(path))).toBe(true);
  const whole = sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  expect(whole.map(({ partNumber }) => partNumber).sort()).toEqual([1, 2, 3]);
  expect(count(sandbox, 'UploadPart')).toBe(4);
});

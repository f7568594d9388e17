import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { readFile, stat } from 'node:fs/promises';
import { expect } from 'vitest';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import { anUploadRecord } from '../../../mothers/uploadRecords.ts';
import { withQueue } from './fixtures.ts';
import { bytesOf, count, MIB, only } from './surroundings.ts';

const PART = 40 * MIB;
const SIZE = 2 * PART + 12_345;
const KEY = 'feature.mov';

const it = withQueue
  /** As the journal of a file beyond 312 GiB has it, whose parts are too large to be kept in memory. */
  .extend('journalLargeParts', ({ desk, made }) => async (path: string): Promise<void> => {
    const bucket = 'studio-media';
    const wholeKey = `media/${KEY}`;
    const command = new CreateMultipartUploadCommand({
      ...{ Bucket: bucket, Key: wholeKey, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' },
    });
    const { UploadId: uploadId = '' } = await made.clients.clientOf('main-us').send(command);
    const { mtimeNs, ino } = await stat(path, { bigint: true });
    const [mtimeMs, inode] = [Number(mtimeNs) / 1e6, ino.toString()];
    const journal = new Journal(desk.journalFolder);
    await journal.load();
    await journal.add([
      anUploadRecord('large', {
        ...{ path, size: SIZE, mtimeMs, inode, key: KEY, wanted: KEY, policy: 'ask' },
        upload: { bucket, wholeKey, uploadId },
        partSize: PART,
      }),
    ]);
    await journal.flush();
  });

it('parts that are too large for memory are read twice, sent whole, and again where the line broke', async ({
  desk,
  journalLargeParts,
  made,
  sandbox,
}) => {
  const path = await desk.file(KEY, SIZE);
  await journalLargeParts(path);
  sandbox.addFault({
    operation: 'UploadPart',
    partNumber: 1,
    times: 1,
    effect: { kind: 'reset', afterBytes: 25 * MIB },
  });
  await made.queue.start();
  await made.queue.finished();
  expect(only(made.queue)).toMatchObject({ state: 'done', size: SIZE, confirmed: SIZE });
  expect((await bytesOf(sandbox, KEY))?.equals(await readFile(path))).toBe(true);
  const whole = sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  expect(whole.map(({ partNumber }) => partNumber).sort()).toEqual([1, 2, 3]);
  expect(count(sandbox, 'UploadPart')).toBe(4);
});

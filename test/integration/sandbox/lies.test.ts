import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { clientOf } from './sandboxClient.ts';

const Bucket = 'studio-media';
let sandbox: Sandbox;
let client: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = clientOf(sandbox);
});
afterAll(async () => {
  client.destroy();
  await sandbox.close();
});
afterEach(() => sandbox.clearFaults());

const put = (Key: string, text: string, more = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: text, ChecksumAlgorithm: 'CRC32', ...more }));
const isThere = (key: string) => sandbox.bucketOf('main-us').current(key) !== undefined;

it('answers something else, and does nothing', async () => {
  const html = { kind: 'answer-instead', status: 200, body: '<html>Sign in</html>' } as const;
  sandbox.addFault({ operation: 'PutObject', effect: html });
  const answer = await put('page.txt', 'bytes');
  expect(answer.ETag).toBeUndefined();
  expect(isThere('page.txt')).toBe(false);
});

it('keeps the object and says a wrong checksum of it', async () => {
  sandbox.addFault({ operation: 'PutObject', effect: { kind: 'wrong-checksum' } });
  const answer = await put('wrong.txt', 'bytes');
  expect(answer).toMatchObject({ ETag: `"${'0'.repeat(32)}"`, ChecksumCRC32: 'AAAAAA==' });
  expect(isThere('wrong.txt')).toBe(true);
});

it('keeps the object and proves nothing', async () => {
  sandbox.addFault({ effect: { kind: 'no-proof' } });
  expect((await put('silent.txt', 'bytes')).ETag).toBeUndefined();
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'silent.txt', ChecksumMode: 'ENABLED' }));
  expect(head).toMatchObject({ ContentLength: 5 });
  expect(head.ETag ?? head.ChecksumCRC32).toBeUndefined();
});

it('ignores the conditions of a write', async () => {
  await put('taken.txt', 'first');
  await expect(put('taken.txt', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  sandbox.addFault({ effect: { kind: 'ignore-conditions' } });
  await put('taken.txt', 'second', { IfNoneMatch: '*' });
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'taken.txt' }));
  expect(await Body?.transformToString()).toBe('second');
});

it('says of each page that it is not the last, with the marker of before', async () => {
  sandbox.addFault({ effect: { kind: 'endless-pages' } });
  const first = await client.send(new ListObjectsV2Command({ Bucket }));
  expect(first.IsTruncated).toBe(true);
  const token = first.NextContinuationToken;
  const second = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: token }));
  expect(second).toMatchObject({ IsTruncated: true, NextContinuationToken: token });
  const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'a' }));
  expect(uploads).toMatchObject({ IsTruncated: true, NextKeyMarker: 'a' });
});

it('answers with a body that does not end', async () => {
  sandbox.addFault({ operation: 'GetObject', effect: { kind: 'endless-body' } });
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'taken.txt' }));
  let read = 0;
  for await (const chunk of Body as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > 4 * 1024 ** 2) break;
  }
  expect(read).toBeGreaterThan(4 * 1024 ** 2);
});

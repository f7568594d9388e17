import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import { clientOf, failure } from './sandboxClient.ts';

const Bucket = 'studio-media';
let folder: string;
let running: Sandbox | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-persistence-'));
});
afterEach(async () => {
  await running?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the sample storage on the folder, ending the one before. */
async function restart(options: SandboxOptions = {}) {
  await running?.close();
  running = await startSandbox({ folder, replicationDelayMs: 50, ...options });
  const client = clientOf(running);
  const put = (Key: string, Body: string | Buffer, more = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Key: string, more = {}) =>
    (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
  return { sandbox: running, client, put, get };
}

it('keeps versions, their metadata and delete markers over a restart', async () => {
  const { put, client } = await restart();
  const { VersionId } = await put('clip', 'old', { Metadata: { shot: 'sh010' }, ContentType: 'video/mp4' });
  const { ETag } = await put('clip', 'new');
  await put('gone', 'x');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  const after = await restart();
  expect(await after.get('clip')).toBe('new');
  const old = await after.client.send(new HeadObjectCommand({ Bucket, Key: 'clip', VersionId }));
  expect(old).toMatchObject({ Metadata: { shot: 'sh010' }, ContentType: 'video/mp4', ContentLength: 3 });
  await expect(after.get('gone')).rejects.toEqual(failure('NoSuchKey', 404));
  await expect(after.put('clip', 'newer', { IfMatch: ETag })).resolves.toBeDefined();
});

it('keeps the parts of an upload in progress, which goes on after the restart', async () => {
  const { client } = await restart();
  const target = { Bucket, Key: 'upload' };
  const first = randomBytes(5 * 1024 ** 2);
  const created = await client.send(new CreateMultipartUploadCommand({ ...target, ContentType: 'video/mp4' }));
  const { UploadId } = created;
  await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: Buffer.alloc(9) }));
  await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: first }));
  const after = await restart();
  const { Parts = [] } = await after.client.send(new ListPartsCommand({ ...target, UploadId }));
  expect(Parts.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([[1, first.length]]);
  const last = await after.client.send(
    new UploadPartCommand({ ...target, UploadId, PartNumber: 2, Body: Buffer.from('end') }),
  );
  const listed = [...Parts, { PartNumber: 2, ETag: last.ETag }].map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
  await after.client.send(
    new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: listed } }),
  );
  const again = await restart();
  const { Body, ContentType } = await again.client.send(new GetObjectCommand(target));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect([bytes.equals(Buffer.concat([first, Buffer.from('end')])), ContentType]).toEqual([true, 'video/mp4']);
  expect(again.sandbox.bucketOf('main-us').uploads.size).toBe(0);
});

it('goes on with replication that was due', async () => {
  const { put } = await restart({ replicationDelayMs: 500 });
  await put('pending', 'x');
  const after = await restart();
  await after.sandbox.waitForReplica('pending', 50_000);
  const again = await restart();
  const head = () => again.client.send(new HeadObjectCommand({ Bucket, Key: 'pending' }));
  expect((await head()).ReplicationStatus).toBe('COMPLETED');
  expect(again.sandbox.bucketOf('sydney').current('pending')?.replicationStatus).toBe('REPLICA');
});

it('starts from the state of a killed process, and clears away what it never finished', async () => {
  const { put } = await restart();
  await put('kept', 'x');
  // What a kill leaves: the folder as it is at this moment, with a body that was still coming in.
  const copy = await mkdtemp(join(tmpdir(), 'nearplay-killed-'));
  await cp(folder, copy, { recursive: true });
  const bytes = join(copy, 'main-us', 'bytes');
  await writeFile(join(bytes, 'half'), 'half a body');
  const survivor = await startSandbox({ folder: copy });
  try {
    expect(await readdir(bytes)).toHaveLength(1);
    const { Body } = await clientOf(survivor).send(new GetObjectCommand({ Bucket, Key: 'kept' }));
    expect(await Body?.transformToString()).toBe('x');
  } finally {
    await survivor.close();
    await rm(copy, { recursive: true, force: true });
  }
});

it('gives the disk back what is deleted, refused or replaced', async () => {
  const { put, client } = await restart();
  const { VersionId } = await put('deleted', 'x');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'deleted', VersionId }));
  await expect(put('refused', 'x', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' })).rejects.toEqual(
    failure('BadDigest', 400),
  );
  expect(await readdir(join(folder, 'main-us', 'bytes'))).toEqual([]);
});

import {
  type ChecksumAlgorithm,
  type ChecksumType,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Studio } from '../../../../electron/services/reading/studio.ts';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { verifyFolder } from '../../../../electron/services/verify/verifyFolder.ts';
import { preferencesSchema } from '../../../../shared/preferences.ts';
import type { FaultEffect } from '../../../sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';

const MIB = 1024 ** 2;
const MAIN = 'main-us';
let sandbox: Sandbox;
let studio: Studio;
let path: string;
let run = 0;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  studio = new Studio({
    preferences: preferencesSchema.parse(sandbox.preferences()),
    credentials: sandbox.credentials,
    now: () => Date.now(),
    readFrom: () => 'main',
    addresses: { known: () => ({ addresses: [] }), isPublicUnknown: () => false },
    reachabilityChanged: () => undefined,
    log: SILENT,
  });
});
afterAll(async () => {
  studio.stop();
  await sandbox.close();
});
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'nearplay-verify-'));
  folder = `run-${run++}/`;
});
afterEach(async () => {
  sandbox.clearFaults();
  await rm(path, { recursive: true, force: true });
});

async function write(name: string, content: Buffer | string): Promise<void> {
  const file = join(path, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const place = (name: string) => ({ Bucket: sandbox.main.bucket, Key: `media/${folder}${name}` });

async function put(name: string, content: Buffer | string, algorithm?: ChecksumAlgorithm): Promise<void> {
  await studio.clients.clientOf(MAIN).send(
    new PutObjectCommand({
      ...place(name),
      Body: content,
      ...(algorithm && { ChecksumAlgorithm: algorithm }),
    }),
  );
}

/** In parts, as another program would. */
async function putInParts(
  name: string,
  parts: readonly Buffer[],
  checksum: { ChecksumAlgorithm?: ChecksumAlgorithm; ChecksumType?: ChecksumType } = {},
): Promise<void> {
  const client = studio.clients.clientOf(MAIN);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...place(name), ...checksum }));
  const sent = [];
  for (const [index, Body] of parts.entries()) {
    const { ChecksumAlgorithm: algorithm } = checksum;
    const upload = { ...place(name), UploadId, PartNumber: index + 1 };
    const answer = await client.send(
      new UploadPartCommand({ ...upload, Body, ...(algorithm && { ChecksumAlgorithm: algorithm }) }),
    );
    const { ETag, ChecksumCRC32, ChecksumSHA256, ChecksumCRC64NVME } = answer;
    sent.push({ PartNumber: index + 1, ETag, ChecksumCRC32, ChecksumSHA256, ChecksumCRC64NVME });
  }
  await client.send(
    new CompleteMultipartUploadCommand({
      ...place(name),
      UploadId,
      MultipartUpload: { Parts: sent },
      ...(checksum.ChecksumType && { ChecksumType: checksum.ChecksumType }),
    }),
  );
}

const heads = () => sandbox.requests.filter(({ operation }) => operation === 'HeadObject').length;

it('finds what is the same, different, missing, and at what size', async () => {
  await write('same.mov', 'the same');
  await write('deep/café.exr', 'frame');
  await write('empty', '');
  await write('content.mov', 'one content');
  await write('size.mov', 'longer here');
  await write('missing.mov', 'only here');
  await write('.DS_Store', 'litter');
  await put('same.mov', 'the same');
  await put('deep/cafe\u0301.exr', 'frame');
  await put('empty', '');
  await put('content.mov', 'two content');
  await put('size.mov', 'short');
  await put('only-there.mov', 'is no matter');
  const report = await verifyFolder(studio, { path, folder });
  expect(report).toMatchObject({
    ...{ path, folder, compared: 6, same: 3, truncated: false },
    totals: { different: 1, missing: 1, unproved: 1, unreadable: 0 },
  });
  expect(report.files).toMatchObject([
    { key: `${folder}content.mov`, finding: 'unproved', detail: expect.stringMatching(/is not the MD5/) as string },
    { key: `${folder}missing.mov`, finding: 'missing', size: 9 },
    { key: `${folder}size.mov`, finding: 'different', detail: 'It has 11 bytes here and 5 in the storage.' },
  ]);
});

it('proves large objects by whatever the storage keeps of them', async () => {
  const content = randomBytes(17 * MIB + 5);
  const parts = [content.subarray(0, 6 * MIB), content.subarray(6 * MIB, 12 * MIB), content.subarray(12 * MIB)];
  for (const algorithm of ['CRC32', 'CRC64NVME', 'SHA256', 'SHA1'] as const) await put(algorithm, content, algorithm);
  await putInParts('crc32-whole', parts, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  await putInParts('crc32-parts', parts, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' });
  await putInParts('sha256-parts', parts, { ChecksumAlgorithm: 'SHA256' });
  await putInParts('crc64-whole', parts, { ChecksumAlgorithm: 'CRC64NVME' });
  await putInParts('etag', parts);
  const names = ['CRC32', 'CRC64NVME', 'SHA256', 'SHA1', 'crc32-whole', 'crc32-parts', 'sha256-parts', 'crc64-whole'];
  for (const name of [...names, 'etag']) await write(name, content);
  const report = await verifyFolder(studio, { path, folder });
  expect(report.files).toEqual([]);
  expect(report).toMatchObject({ same: 9, bytes: 9 * content.length });

  const other = Buffer.from(content);
  other.writeUInt8((other.readUInt8(9 * MIB) + 1) % 256, 9 * MIB);
  for (const name of [...names, 'etag']) await write(name, other);
  const changed = await verifyFolder(studio, { path, folder });
  expect(changed).toMatchObject({ same: 0, totals: { different: 8, unproved: 1 } });
});

it.each([
  ['too few for their size', [5, 6, 6]],
  ['as many as even ones would be', [6, 5, 5]],
])('says of parts of many sizes that nothing is proved: %s', async (_what, sizes) => {
  const parts = sizes.map((size) => randomBytes(size * MIB));
  await putInParts('odd', parts);
  await write('odd', Buffer.concat(parts));
  const { files } = await verifyFolder(studio, { path, folder });
  expect(files).toMatchObject([{ finding: 'unproved' }]);
});

it('asks for no object that the listing says enough of', async () => {
  const frames = Array.from({ length: 1200 }, (_, number) => `frame.${String(number).padStart(4, '0')}.exr`);
  for (let start = 0; start < frames.length; start += 50) {
    await Promise.all(frames.slice(start, start + 50).map((name) => Promise.all([write(name, name), put(name, name)])));
  }
  await write('frame.0700.exr', 'FRAME.0700.exr');
  const before = heads();
  const progress: { compared: number; bytes: number }[] = [];
  const report = await verifyFolder(studio, { path, folder, progress: (news) => void progress.push(news) });
  expect(report).toMatchObject({ compared: 1200, same: 1199, totals: { unproved: 1 } });
  expect(heads() - before).toBe(1);
  expect(progress.at(-1)).toEqual({ compared: 1200, bytes: report.bytes });
});

it('goes on past files that cannot be read any more', async () => {
  await write('a.mov', 'aaaa');
  await write('b.mov', 'bbbb');
  await put('a.mov', 'aaaa');
  await put('b.mov', 'bbbb');
  sandbox.addFault({ operation: 'ListObjectsV2', effect: { kind: 'latency', milliseconds: 300 } });
  const verifying = verifyFolder(studio, { path, folder });
  setTimeout(() => void unlink(join(path, 'a.mov')), 100);
  expect(await verifying).toMatchObject({ same: 1, files: [{ key: `${folder}a.mov`, finding: 'unreadable' }] });
});

it('refuses a folder that is not there, and stops when it is told to', async () => {
  const nowhere = verifyFolder(studio, { path: join(path, 'nowhere'), folder });
  await expect(nowhere).rejects.toMatchObject({ code: 'file-unreadable' });
  const content = randomBytes(9 * MIB);
  await write('large.mov', content);
  await put('large.mov', content, 'CRC32');
  sandbox.addFault({ operation: 'HeadObject', effect: { kind: 'stall' } });
  const stop = new AbortController();
  const verifying = verifyFolder(studio, { path, folder, signal: stop.signal });
  verifying.catch(() => undefined);
  await expect
    .poll(() => sandbox.requests.some(({ faults }) => faults.includes('stall')), { timeout: 50_000 })
    .toBe(true);
  stop.abort();
  // Before the storage's own time-out of eight seconds would have ended it.
  await expect(verifying).rejects.toMatchObject({ code: 'cancelled' });
});

it('goes on after a storage that failed for a moment', async () => {
  const content = randomBytes(9 * MIB);
  await write('large.mov', content);
  await put('large.mov', content, 'CRC32');
  sandbox.addFault({ operation: 'HeadObject', effect: { kind: 'status', status: 503, code: 'SlowDown' }, times: 4 });
  expect(await verifyFolder(studio, { path, folder })).toMatchObject({ same: 1 });
});

describe('what the storage does not say', () => {
  it.each<[string, FaultEffect]>([
    ['an answer without a word', { kind: 'answer-instead', status: 400 }],
    ['a refusal', { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['a key that is switched off', { kind: 'status', status: 400, code: 'KMS.DisabledException' }],
  ])('of one object (%s) is a line of the report, and the others go on', async (_what, effect) => {
    for (const name of ['a.mov', 'b.mov', 'c.mov']) {
      await write(name, name);
      await put(name, name, 'SHA256');
    }
    const other = Buffer.alloc(9 * MIB);
    await write('large.mov', other);
    await put('large.mov', other);
    sandbox.addFault({ operation: 'HeadObject', key: /large/, effect });
    sandbox.addFault({ operation: 'GetObject', key: /large/, effect });
    const report = await verifyFolder(studio, { path, folder });
    expect(report).toMatchObject({ compared: 4, same: 3, totals: { unanswered: 1 } });
    expect(report.files).toMatchObject([{ key: `${folder}large.mov`, finding: 'unanswered' }]);
    expect(report.files[0]?.detail).not.toBe('');
  });
});

it.skipIf(process.platform === 'win32')('a backslash in a name is a part of it', async () => {
  await symlink('nowhere', join(path, 'caf\\xE9.exr'));
  const { files } = await verifyFolder(studio, { path, folder });
  expect(files).toMatchObject([{ key: `${folder}caf\\xE9.exr`, finding: 'left-out' }]);
});

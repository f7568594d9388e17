import {
  AbortMultipartUploadCommand,
  type ChecksumType,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type UploadPartCommandInput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { clientOf, failure } from './sandboxClient.ts';

const MIB = 1024 ** 2;
const Bucket = 'studio-media';
const bodies = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1000)];
const whole = Buffer.concat(bodies);
let sandbox: Sandbox;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 100 });
  // Checksums only where a test asks for them.
  client = clientOf(sandbox, sandbox.main, { requestChecksumCalculation: 'WHEN_REQUIRED' });
});
afterAll(() => sandbox.close());
afterEach(() => {
  sandbox.clearFaults();
  sandbox.setClock(0);
});

const begin = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) =>
  (await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? '';
const send = async (
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
  more: Partial<UploadPartCommandInput> = {},
): Promise<CompletedPart> => {
  const sent = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }));
  const { ETag, ChecksumCRC32 } = sent;
  return { PartNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) };
};
const complete = (
  Key: string,
  UploadId: string,
  Parts: CompletedPart[],
  more: Partial<CompleteMultipartUploadCommandInput> = {},
) => client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
const upload = async (Key: string, create = {}, part = {}, end = {}) => {
  const id = await begin(Key, create);
  const parts = [];
  for (const [index, body] of bodies.entries()) parts.push(await send(Key, id, index + 1, body, part));
  return complete(Key, id, parts, end);
};
const head = (Key: string, more = {}) =>
  client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED', ...more }));
const bytesOf = async (Key: string, more = {}) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const base64 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};

describe('the parts of an object', () => {
  it('can be read by number, and across their borders by range', async () => {
    await upload('parts');
    expect(await head('parts', { PartNumber: 2 })).toMatchObject({ PartsCount: 3, ContentLength: 5 * MIB });
    expect((await bytesOf('parts', { PartNumber: 3 })).equals(whole.subarray(10 * MIB))).toBe(true);
    const from = 5 * MIB - 10;
    const across = await bytesOf('parts', { Range: `bytes=${from}-${10 * MIB + 9}` });
    expect(across.equals(whole.subarray(from, 10 * MIB + 10))).toBe(true);
    await expect(bytesOf('parts', { PartNumber: 4 })).rejects.toEqual(failure('InvalidPartNumber', 416));
  });

  it('keep user metadata and content type from the beginning of the upload', async () => {
    await upload('described', { ContentType: 'video/mp4', Metadata: { mtime: '1700000000.5' } });
    const { ContentType, Metadata } = await head('described');
    expect({ ContentType, Metadata }).toEqual({ ContentType: 'video/mp4', Metadata: { mtime: '1700000000.5' } });
  });

  it('have numbers from 1 to 10,000', async () => {
    const id = await begin('numbers');
    await expect(send('numbers', id, 10_001, Buffer.alloc(1))).rejects.toEqual(failure('InvalidArgument', 400));
    await expect(send('numbers', id, 0, Buffer.alloc(1))).rejects.toEqual(failure('InvalidArgument', 400));
    const last = await send('numbers', id, 10_000, Buffer.alloc(1));
    expect((await complete('numbers', id, [last])).ETag).toMatch(/-1"$/);
  });

  it('are completed in ascending order, with the announced size', async () => {
    const id = await begin('order');
    const [first, second] = [
      await send('order', id, 1, bodies[0] ?? Buffer.alloc(0)),
      await send('order', id, 2, whole),
    ];
    await expect(complete('order', id, [second, first])).rejects.toEqual(failure('InvalidPartOrder', 400));
    const wrong = { MpuObjectSize: 1 };
    await expect(complete('order', id, [first, second], wrong)).rejects.toEqual(failure('InvalidRequest', 400));
    await complete('order', id, [first, second], { MpuObjectSize: 5 * MIB + whole.length });
  });

  it('can be sent again, and the last one counts', async () => {
    const id = await begin('again');
    await send('again', id, 1, Buffer.from('old'));
    await complete('again', id, [await send('again', id, 1, Buffer.from('new'))]);
    expect((await bytesOf('again')).toString()).toBe('new');
  });

  it('can be copied from other objects, whole or by range', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'source é', Body: '0123456789' }));
    const id = await begin('patched');
    const copied = await client.send(
      new UploadPartCopyCommand({
        ...{ Bucket, Key: 'patched', UploadId: id, PartNumber: 1 },
        ...{ CopySource: `${Bucket}/source%20%C3%A9`, CopySourceRange: 'bytes=2-5' },
      }),
    );
    await complete('patched', id, [{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }]);
    expect((await bytesOf('patched')).toString()).toBe('2345');
  });
});

describe('checksums of multipart objects', () => {
  it('are of the parts where the type is COMPOSITE', async () => {
    const { ChecksumCRC32 } = await upload('composite', { ChecksumAlgorithm: 'CRC32' }, { ChecksumAlgorithm: 'CRC32' });
    const ofParts = Buffer.concat(bodies.map((body) => Buffer.from(base64(crc32(body)), 'base64')));
    expect(ChecksumCRC32).toBe(`${base64(crc32(ofParts))}-3`);
    expect(await head('composite')).toMatchObject({ ChecksumCRC32, ChecksumType: 'COMPOSITE' });
    expect(await head('composite', { PartNumber: 1 })).toMatchObject({
      ChecksumCRC32: base64(crc32(bodies[0] ?? '')),
    });
  });

  it('are of all bytes where the type is FULL_OBJECT', async () => {
    const { ChecksumCRC32 } = await upload('full', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    expect(ChecksumCRC32).toBe(base64(crc32(whole)));
    const wrong = { ChecksumCRC32: base64((crc32(whole) ^ 1) >>> 0), ChecksumType: 'FULL_OBJECT' };
    const create = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' };
    await expect(upload('wrong', create, {}, wrong)).rejects.toEqual(failure('BadDigest', 400));
    await upload('nvme', { ChecksumAlgorithm: 'CRC64NVME' });
    const { ChecksumCRC64NVME, ChecksumType } = await head('nvme');
    expect([ChecksumCRC64NVME, ChecksumType]).toEqual([expect.stringMatching(/=$/), 'FULL_OBJECT']);
  });

  it('have to come with every part and again at the end, as S3 wants them', async () => {
    const id = await begin('strict', { ChecksumAlgorithm: 'CRC32' });
    await expect(send('strict', id, 1, Buffer.from('x'))).rejects.toEqual(failure('InvalidRequest', 400));
    const part = await send('strict', id, 1, Buffer.from('x'), { ChecksumAlgorithm: 'CRC32' });
    const { ChecksumCRC32: _left, ...bare } = part;
    await expect(complete('strict', id, [bare])).rejects.toEqual(failure('InvalidRequest', 400));
    const other = { ...part, ChecksumCRC32: base64(1) };
    await expect(complete('strict', id, [other])).rejects.toEqual(failure('InvalidPart', 400));
    await complete('strict', id, [part]);
  });
});

describe('a checksum of the other type at the end', () => {
  const create = (ChecksumType: ChecksumType) => ({ ChecksumAlgorithm: 'CRC32' as const, ChecksumType });
  const part = { ChecksumAlgorithm: 'CRC32' };
  const ofParts = `${base64(crc32(Buffer.concat(bodies.map((body) => Buffer.from(base64(crc32(body)), 'base64')))))}-3`;
  const ofWhole = base64(crc32(whole));

  it.each([
    ['COMPOSITE', ofParts, ofWhole],
    ['FULL_OBJECT', ofWhole, ofParts],
  ] as const)('is refused for an upload of type %s, and its own is taken', async (type, own, other) => {
    const end = { ChecksumType: type, ChecksumCRC32: own };
    const wrongValue = upload(`value-${type}`, create(type), part, { ...end, ChecksumCRC32: other });
    await expect(wrongValue).rejects.toEqual(failure('BadDigest', 400));
    const otherType = type === 'COMPOSITE' ? 'FULL_OBJECT' : 'COMPOSITE';
    const wrongType = upload(`type-${type}`, create(type), part, { ChecksumType: otherType });
    await expect(wrongType).rejects.toEqual(failure('InvalidRequest', 400));
    expect(await upload(`own-${type}`, create(type), part, end)).toMatchObject(end);
    expect(await head(`own-${type}`)).toMatchObject(end);
  });
});

describe('multipart uploads and time', () => {
  const MINUTE = 60_000;

  it('date the object from the beginning of the upload', async () => {
    const begun = Math.floor(Date.now() / 1000) * 1000;
    const id = await begin('dated');
    sandbox.setClock(5 * MINUTE);
    await complete('dated', id, [await send('dated', id, 1, Buffer.from('x'))]);
    const { LastModified } = await head('dated');
    expect((LastModified?.getTime() ?? 0) - begun).toBeLessThan(MINUTE);
  });

  it('put the object among the versions where the upload began', async () => {
    const id = await begin('overtaken');
    const part = await send('overtaken', id, 1, Buffer.from('begun first'));
    await client.send(new PutObjectCommand({ Bucket, Key: 'overtaken', Body: 'written in between' }));
    await complete('overtaken', id, [part]);
    expect((await bytesOf('overtaken')).toString()).toBe('written in between');
    const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'overtaken' }));
    expect(Versions?.map(({ IsLatest, Size }) => [IsLatest, Size])).toEqual([
      [true, 18],
      [false, 11],
    ]);
  });
});

describe('conditions on completing', () => {
  it('refuse what somebody else has written (412), and keep the parts', async () => {
    const id = await begin('taken');
    const part = await send('taken', id, 1, Buffer.from('mine'));
    await client.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'theirs' }));
    const attempt = complete('taken', id, [part], { IfNoneMatch: '*' });
    await expect(attempt).rejects.toEqual(failure('PreconditionFailed', 412));
    expect((await bytesOf('taken')).toString()).toBe('theirs');
    expect(sandbox.bucketOf('main-us').uploads.get(id)?.parts.size).toBe(1);
  });

  it('let one of two writers win', async () => {
    const ids = [await begin('race'), await begin('race')];
    const attempts = await Promise.allSettled(
      ids.map(async (id) => complete('race', id, [await send('race', id, 1, Buffer.from(id))], { IfNoneMatch: '*' })),
    );
    expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('find a delete since the beginning in conflict (409)', async () => {
    const id = await begin('deleted');
    const part = await send('deleted', id, 1, Buffer.from('x'));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }));
    const attempt = complete('deleted', id, [part], { IfNoneMatch: '*' });
    await expect(attempt).rejects.toEqual(failure('ConditionalRequestConflict', 409));
  });
});

describe('uploads in progress', () => {
  it('are listed in pages by key and beginning', async () => {
    const ids = [];
    for (const key of ['open/b', 'open/a', 'open/b', 'elsewhere']) ids.push(await begin(key));
    const page = async (more = {}) =>
      client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'open/', MaxUploads: 2, ...more }));
    const first = await page();
    expect(first.Uploads?.map(({ UploadId }) => UploadId)).toEqual([ids[1], ids[0]]);
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first;
    const second = await page({ KeyMarker, UploadIdMarker });
    expect([second.Uploads?.map(({ UploadId }) => UploadId), second.IsTruncated]).toEqual([[ids[2]], false]);
  });

  it('leave nothing behind when they are aborted, even by parts still on their way', async () => {
    const id = await begin('aborted');
    sandbox.addFault({
      effect: { kind: 'bandwidth', bytesPerSecond: 200_000 },
      key: /^aborted$/,
      operation: 'UploadPart',
    });
    const late = send('aborted', id, 1, randomBytes(100_000));
    const refused = expect(late).rejects.toEqual(failure('NoSuchUpload', 404));
    await expect.poll(() => sandbox.requests.at(-1)?.bytesReceived).toBeGreaterThan(0);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId: id }));
    await refused;
  });
});

describe('copies', () => {
  it('are objects of one piece, with the metadata of the source or with others', async () => {
    await upload('original', { ContentType: 'video/mp4' });
    const copy = (more = {}) =>
      client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/original`, ...more }));
    const { CopyObjectResult } = await copy();
    expect(CopyObjectResult?.ETag).toBe(`"${createHash('md5').update(whole).digest('hex')}"`);
    expect(await head('copy')).toMatchObject({ ContentType: 'video/mp4', ContentLength: whole.length });
    await copy({ MetadataDirective: 'REPLACE', ContentType: 'video/quicktime' });
    expect((await head('copy')).ContentType).toBe('video/quicktime');
    expect((await bytesOf('copy')).equals(whole)).toBe(true);
    await expect(copy({ Key: 'original' })).rejects.toEqual(failure('InvalidRequest', 400));
  });
});

describe('the log of requests', () => {
  it('tells each part with its bytes, status and faults', async () => {
    const id = await begin('counted');
    sandbox.addFault({
      ...{ effect: { kind: 'status', status: 503, code: 'SlowDown' }, operation: 'UploadPart' },
      ...{ partNumber: 2, times: 1 },
    });
    await send('counted', id, 1, Buffer.alloc(1000));
    await expect(send('counted', id, 2, Buffer.alloc(2000))).rejects.toEqual(failure('SlowDown', 503));
    await send('counted', id, 2, Buffer.alloc(2000));
    const told = sandbox.requests
      .filter(({ operation, uploadId }) => operation === 'UploadPart' && uploadId === id)
      .map(({ key, partNumber, bytesReceived, status, faults }) => [key, partNumber, bytesReceived, status, faults]);
    expect(told).toEqual([
      ['counted', 1, 1000, 200, []],
      ['counted', 2, 0, 503, ['status']],
      ['counted', 2, 2000, 200, []],
    ]);
  });

  it('knows a completion whose answer was lost', async () => {
    const id = await begin('lost');
    const part = await send('lost', id, 1, Buffer.from('x'));
    sandbox.addFault({ effect: { kind: 'lost-answer' }, operation: 'CompleteMultipartUpload', times: 1 });
    await expect(complete('lost', id, [part])).rejects.toThrow();
    expect(sandbox.requests.at(-1)).toMatchObject({ status: 0, faults: ['lost-answer'] });
    await expect(complete('lost', id, [part])).rejects.toEqual(failure('NoSuchUpload', 404));
    expect((await bytesOf('lost')).toString()).toBe('x');
  });
});

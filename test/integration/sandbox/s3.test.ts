import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';

const MIB = 1024 ** 2;
const HOUR = 3600_000;
let sandbox: Sandbox;
let client: S3Client;
let replica: S3Client;

const connect = (place: 'main' | 'replica', more: S3ClientConfig = {}) =>
  new S3Client({
    region: sandbox[place].region,
    endpoint: sandbox[place].endpoint,
    forcePathStyle: true,
    credentials: sandbox.credentials,
    maxAttempts: 1,
    ...more,
  });

beforeAll(async () => {
  sandbox = await startSandbox({ replicationDelayMs: 300 });
  client = connect('main');
  replica = connect('replica');
});
afterAll(() => sandbox.close());
afterEach(() => {
  sandbox.clearFaults();
  sandbox.setClock(0);
  sandbox.setReplication({ mode: 'normal', delayMs: 300 });
});

const Bucket = 'studio-media';
const put = (Key: string, Body: Buffer | string, more = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const bytesOf = async (Key: string, more = {}) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const failure = (name: string, status: number): unknown =>
  expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) as unknown });

describe('objects', () => {
  it('come back as they were put, with their headers', async () => {
    const body = randomBytes(3 * MIB);
    await put('a/né w.bin', body, { ContentType: 'video/mp4', Metadata: { shot: 'sh010' } });
    const { ContentType, Metadata, ContentLength } = await client.send(
      new HeadObjectCommand({ Bucket, Key: 'a/né w.bin' }),
    );
    expect({ ContentType, Metadata, ContentLength }).toEqual({
      ContentType: 'video/mp4',
      Metadata: { shot: 'sh010' },
      ContentLength: body.length,
    });
    expect((await bytesOf('a/né w.bin')).equals(body)).toBe(true);
  });

  it('answers ranges, and 416 beyond the end', async () => {
    await put('range', '0123456789');
    expect((await bytesOf('range', { Range: 'bytes=2-4' })).toString()).toBe('234');
    expect((await bytesOf('range', { Range: 'bytes=-3' })).toString()).toBe('789');
    expect((await bytesOf('range', { Range: 'bytes=7-99' })).toString()).toBe('789');
    await expect(bytesOf('range', { Range: 'bytes=10-' })).rejects.toEqual(failure('InvalidRange', 416));
  });

  it('honours If-Match and If-None-Match, on reads and on writes', async () => {
    const { ETag } = await put('conditional', 'one');
    await expect(bytesOf('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(put('conditional', 'two', { IfNoneMatch: '*' })).rejects.toEqual(failure('PreconditionFailed', 412));
    await put('conditional', 'two', { IfMatch: ETag });
    await expect(put('conditional', 'three', { IfMatch: ETag })).rejects.toEqual(failure('PreconditionFailed', 412));
  });

  it('keeps versions, and a delete hides the key without losing them', async () => {
    const { VersionId } = await put('versions', 'old');
    await put('versions', 'new');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'versions' }));
    await expect(bytesOf('versions')).rejects.toEqual(failure('NoSuchKey', 404));
    expect((await bytesOf('versions', { VersionId })).toString()).toBe('old');
  });

  it.each(['CRC32', 'CRC64NVME', 'SHA256'] as const)('verifies %s and gives it back', async (ChecksumAlgorithm) => {
    await put('sum', 'some bytes', { ChecksumAlgorithm });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'sum', ChecksumMode: 'ENABLED' }));
    expect(head[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/);
    const wrong = { [`Checksum${ChecksumAlgorithm}`]: Buffer.alloc(4).toString('base64') };
    await expect(put('sum', 'some bytes', wrong)).rejects.toEqual(failure('BadDigest', 400));
  });
});

describe('listing', () => {
  it('gives pages of 1,000 keys and folders by delimiter', async () => {
    for (let n = 0; n < 1005; n++) {
      sandbox.bucketOf('main-us').add({
        isDeleteMarker: false,
        pieces: [],
        size: 1,
        etag: 'e',
        key: `many/${String(n).padStart(4, '0')}`,
        versionId: `v${n}`,
        lastModified: 1000,
        headers: {},
      });
    }
    await put('many/deeper/file', 'x');
    const first = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'many/', Delimiter: '/' }));
    expect([first.Contents?.length, first.CommonPrefixes?.length ?? 0, first.IsTruncated]).toEqual([1000, 0, true]);
    const second = await client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: 'many/',
        Delimiter: '/',
        ContinuationToken: first.NextContinuationToken,
      }),
    );
    expect(second.Contents?.map(({ Key }) => Key)).toEqual([1000, 1001, 1002, 1003, 1004].map((n) => `many/${n}`));
    expect(second.CommonPrefixes).toEqual([{ Prefix: 'many/deeper/' }]);
    expect(second.IsTruncated).toBe(false);
  });
});

describe('multipart uploads', () => {
  const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1000)];
  let UploadId: string;
  beforeEach(async () => {
    const created = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'multi' }));
    UploadId = created.UploadId ?? '';
  });
  const send = (PartNumber: number, Body: Buffer) =>
    client.send(new UploadPartCommand({ Bucket, Key: 'multi', UploadId, PartNumber, Body }));
  const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'multi', UploadId, MultipartUpload: { Parts } }));

  it('joins the parts, with the ETag that S3 gives', async () => {
    const sent = [];
    for (const [index, part] of parts.entries())
      sent.push({ PartNumber: index + 1, ETag: (await send(index + 1, part)).ETag });
    const page = await client.send(new ListPartsCommand({ Bucket, Key: 'multi', UploadId, MaxParts: 2 }));
    expect([page.Parts?.length, page.IsTruncated, page.NextPartNumberMarker]).toEqual([2, true, '2']);
    const { ETag } = await complete(sent);
    expect(ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    expect((await bytesOf('multi')).equals(Buffer.concat(parts))).toBe(true);
  });

  it('refuses a part that is too small, a wrong ETag, and what was aborted', async () => {
    const small = { PartNumber: 1, ETag: (await send(1, Buffer.alloc(10))).ETag };
    const last = { PartNumber: 2, ETag: (await send(2, Buffer.alloc(10))).ETag };
    await expect(complete([small, last])).rejects.toEqual(failure('EntityTooSmall', 400));
    await expect(complete([{ ...last, ETag: '"0"' }])).rejects.toEqual(failure('InvalidPart', 400));
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'multi', UploadId }));
    await expect(complete([last])).rejects.toEqual(failure('NoSuchUpload', 404));
    expect(sandbox.bucketOf('main-us').uploads.has(UploadId)).toBe(false);
  });

  it('takes what lib-storage sends', async () => {
    const body = randomBytes(12 * MIB);
    await new Upload({ client, params: { Bucket, Key: 'lib', Body: body }, partSize: 5 * MIB }).done();
    expect((await bytesOf('lib')).equals(body)).toBe(true);
  });
});

describe('signatures', () => {
  const link = (expiresIn = 60, signingDate = new Date()) =>
    getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'a clip.mp4', ResponseContentType: 'video/mp4' }), {
      expiresIn,
      signingDate,
    });
  const statusOf = async (url: string) => (await fetch(url)).status;
  beforeAll(() => put('a clip.mp4', 'frames'));

  it('opens a signed URL, with the content type that was signed', async () => {
    const response = await fetch(await link(), { headers: { range: 'bytes=0-2', origin: 'nearplay://app' } });
    expect([response.status, await response.text()]).toEqual([206, 'fra']);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(response.headers.get('access-control-allow-origin')).toBe('nearplay://app');
  });

  it('refuses a signed URL with one changed character, wherever it is', async () => {
    const url = await link();
    const { pathname, search } = new URL(url);
    const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? '';
    const flipped = (signature.startsWith('0') ? '1' : '0') + signature.slice(1);
    expect(await statusOf(url)).toBe(200);
    expect(await statusOf(url.replace(signature, flipped))).toBe(403);
    expect(await statusOf(url.replace(pathname, pathname.replace('clip', 'clop')))).toBe(403);
    expect(await statusOf(url.replace(search, search.replace('X-Amz-Expires=60', 'X-Amz-Expires=61')))).toBe(403);
    expect(await statusOf(url.replace('video%2Fmp4', 'video%2Fmp5'))).toBe(403);
  });

  it('refuses a signed URL after its expiry', async () => {
    const url = await link(2);
    expect(await statusOf(url)).toBe(200);
    sandbox.setClock(3000);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  it('refuses unknown keys, wrong secrets, wrong regions and clocks that are off', async () => {
    const { accessKeyId } = sandbox.credentials;
    const list = (config: S3ClientConfig) => connect('main', config).send(new ListObjectsV2Command({ Bucket }));
    const secret = { accessKeyId, secretAccessKey: 'wrong' };
    await expect(list({ credentials: secret })).rejects.toEqual(failure('SignatureDoesNotMatch', 403));
    const stranger = { ...sandbox.credentials, accessKeyId: 'SOMEBODY' };
    await expect(list({ credentials: stranger })).rejects.toEqual(failure('InvalidAccessKeyId', 403));
    await expect(list({ region: 'eu-west-1' })).rejects.toEqual(failure('AuthorizationHeaderMalformed', 400));
    sandbox.setClock(3 * HOUR);
    await expect(list({})).rejects.toEqual(failure('RequestTimeTooSkewed', 403));
    expect(await statusOf(`${sandbox.main.endpoint}/${Bucket}/a%20clip.mp4`)).toBe(403);
  });
});

describe('replication', () => {
  const status = async (from: S3Client, bucket: string, Key: string) =>
    from.send(new HeadObjectCommand({ Bucket: bucket, Key }));

  it('brings the same version to the replica after the delay, and says so on both sides', async () => {
    const { VersionId } = await put('replicated', 'v1');
    expect((await status(client, Bucket, 'replicated')).ReplicationStatus).toBe('PENDING');
    await expect(status(replica, 'studio-media-syd', 'replicated')).rejects.toEqual(failure('NotFound', 404));
    await sandbox.waitForReplica('replicated', 50_000);
    expect((await status(client, Bucket, 'replicated')).ReplicationStatus).toBe('COMPLETED');
    expect(await status(replica, 'studio-media-syd', 'replicated')).toMatchObject({
      ReplicationStatus: 'REPLICA',
      VersionId,
    });
  });

  it('can fail, as S3 reports it', async () => {
    sandbox.setReplication({ mode: 'failed', delayMs: 0 });
    await put('failing', 'v1');
    await expect.poll(async () => (await status(client, Bucket, 'failing')).ReplicationStatus).toBe('FAILED');
  });
});

describe('faults on demand', () => {
  it('answers SlowDown so many times, then recovers', async () => {
    await put('slow', 'x');
    sandbox.addFault({ effect: { kind: 'status', status: 503, code: 'SlowDown' }, operation: 'GetObject', times: 2 });
    await expect(bytesOf('slow')).rejects.toEqual(failure('SlowDown', 503));
    await expect(bytesOf('slow')).rejects.toEqual(failure('SlowDown', 503));
    expect((await bytesOf('slow')).toString()).toBe('x');
  });

  it('cuts a connection in mid body', async () => {
    await put('cut', randomBytes(MIB));
    sandbox.addFault({ effect: { kind: 'reset', afterBytes: 1000 }, key: /^cut$/ });
    await expect(bytesOf('cut')).rejects.toThrow();
  });

  it('takes a region down and leaves the other up', async () => {
    await put('up', 'x');
    await sandbox.waitForReplica('up', 50_000);
    sandbox.addFault({ effect: { kind: 'down' }, region: 'us-east-1' });
    await expect(bytesOf('up')).rejects.toThrow();
    await replica.send(new GetObjectCommand({ Bucket: 'studio-media-syd', Key: 'up' }));
  });

  it('holds bytes to a bandwidth', async () => {
    await put('paced', randomBytes(200_000));
    sandbox.addFault({ effect: { kind: 'bandwidth', bytesPerSecond: 400_000 }, key: /^paced$/ });
    const begin = performance.now();
    await bytesOf('paced');
    expect(performance.now() - begin).toBeGreaterThan(400);
  });
});

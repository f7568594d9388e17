import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { preferencesSchema } from '../../../shared/preferences.ts';
import { type ReplicaOptions, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { clientOf, failure } from './sandboxClient.ts';

const Bucket = 'studio-media';
const SYDNEY: ReplicaOptions = {
  ...{ name: 'sydney', region: 'ap-southeast-2', bucket: 'studio-syd', label: 'Sydney' },
  ipRanges: ['203.0.113.0/24'],
};
const LONDON: ReplicaOptions = {
  name: 'london',
  region: 'eu-west-2',
  bucket: 'studio-lon',
  ipRanges: ['198.51.100.0/24'],
};
let sandbox: Sandbox;
let client: S3Client;
let london: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox({ replicas: [SYDNEY, LONDON], replicationDelayMs: 50 });
  client = clientOf(sandbox);
  london = clientOf(sandbox, sandbox.replicas[1]);
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.clearFaults());

const put = (Key: string, Body = 'x') => client.send(new PutObjectCommand({ Bucket, Key, Body }));

describe('several replicas', () => {
  it('are all in the preferences, which the app accepts', () => {
    const document = preferencesSchema.parse(sandbox.preferences({ delaySeconds: 5 }));
    expect(Object.keys(document.s3Configuration)).toEqual(['main-us', 'sydney', 'london']);
    expect(document.replication).toMatchObject({
      delaySeconds: 5,
      replicas: [
        { storage: 'sydney', label: 'Sydney', ipRanges: ['203.0.113.0/24'] },
        { storage: 'london', ipRanges: ['198.51.100.0/24'] },
      ],
    });
    expect(document.publicIp.services).toEqual([sandbox.addressService.url]);
    expect(sandbox.replica).toBe(sandbox.replicas[0]);
  });

  it('get each version at their own time, and the source says COMPLETED after the last', async () => {
    const remove = sandbox.addReplicationException({ destination: 'london', key: /^slow$/, delayMs: 400 });
    await put('slow');
    remove();
    const status = async () => (await client.send(new HeadObjectCommand({ Bucket, Key: 'slow' }))).ReplicationStatus;
    await sandbox.waitForReplica('slow', 50_000);
    expect(await status()).toBe('PENDING');
    await sandbox.waitForReplica('slow', 50_000, 'london');
    await expect.poll(status).toBe('COMPLETED');
  });
});

describe('what a bucket says of itself', () => {
  it('is its region, its versioning and its replication', async () => {
    const place = async (from: S3Client, name: string) => [
      (await from.send(new HeadBucketCommand({ Bucket: name }))).BucketRegion,
      (await from.send(new GetBucketLocationCommand({ Bucket: name }))).LocationConstraint,
    ];
    expect(await place(london, 'studio-lon')).toEqual(['eu-west-2', 'eu-west-2']);
    // us-east-1 has no LocationConstraint (S3 API reference).
    const [region, constraint] = await place(client, Bucket);
    expect([region, constraint ?? '']).toEqual(['us-east-1', '']);
    expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    const { ReplicationConfiguration } = await client.send(new GetBucketReplicationCommand({ Bucket }));
    expect(ReplicationConfiguration?.Rules?.map(({ Destination }) => Destination?.Bucket)).toEqual([
      'arn:aws:s3:::studio-syd',
      'arn:aws:s3:::studio-lon',
    ]);
    await expect(london.send(new GetBucketReplicationCommand({ Bucket: 'studio-lon' }))).rejects.toEqual(
      failure('ReplicationConfigurationNotFoundError', 404),
    );
  });

  it('is where else it lives, when it is asked for at the wrong region', async () => {
    const response = await fetch(`${sandbox.main.endpoint}/studio-lon/some/key`, { redirect: 'manual' });
    expect([response.status, response.headers.get('x-amz-bucket-region')]).toEqual([301, 'eu-west-2']);
    const { host } = new URL(sandbox.replicas[1]?.endpoint ?? '');
    expect(await response.text()).toContain(`<Endpoint>${host}</Endpoint>`);
    const lost = client.send(new GetObjectCommand({ Bucket: 'studio-lon', Key: 'x' }));
    await expect(lost).rejects.toEqual(failure('PermanentRedirect', 301));
  });

  it('is refused where it is not part of the sample storage, instead of passing for the object', async () => {
    await put('listed');
    await expect(client.send(new GetObjectAclCommand({ Bucket, Key: 'listed' }))).rejects.toEqual(
      failure('NotImplemented', 501),
    );
  });
});

describe('versions', () => {
  it('are hidden by a delete marker and back when it is removed', async () => {
    await put('hidden', 'still here');
    const { VersionId, DeleteMarker } = await client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden' }));
    expect(DeleteMarker).toBe(true);
    const get = (more = {}) => client.send(new GetObjectCommand({ Bucket, Key: 'hidden', ...more }));
    await expect(get()).rejects.toEqual(failure('NoSuchKey', 404));
    await expect(get({ VersionId })).rejects.toEqual(failure('MethodNotAllowed', 405));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden', VersionId }));
    expect(await (await get()).Body?.transformToString()).toBe('still here');
    await sandbox.waitForReplica('hidden', 50_000, 'london');
  });

  it('are listed newest first, in pages that end within a key, too', async () => {
    for (const key of ['versions/a', 'versions/a', 'versions/a', 'versions/b']) await put(key);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'versions/b' }));
    const seen: (string | undefined)[] = [];
    let markers = {};
    for (let page = 0; page < 5; page++) {
      const listed = await client.send(
        new ListObjectVersionsCommand({ Bucket, Prefix: 'versions/', MaxKeys: 2, ...markers }),
      );
      for (const { Key } of [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])]) seen.push(Key);
      if (listed.IsTruncated !== true) break;
      markers = { KeyMarker: listed.NextKeyMarker, VersionIdMarker: listed.NextVersionIdMarker };
    }
    expect(seen).toEqual(['versions/a', 'versions/a', 'versions/a', 'versions/b', 'versions/b']);
  });

  it('are deleted many at once, quietly if wished', async () => {
    for (const key of ['many/1', 'many/2']) await put(key);
    const Objects = [{ Key: 'many/1' }, { Key: 'many/2' }, { Key: 'many/never there' }];
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted?.map(({ Key, DeleteMarker }) => [Key, DeleteMarker])).toEqual([
      ['many/1', true],
      ['many/2', true],
      ['many/never there', true],
    ]);
    const quiet = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    expect(quiet.Deleted).toBeUndefined();
    expect(sandbox.bucketOf('main-us').current('many/1')).toBeUndefined();
  });
});

describe('the older listing', () => {
  it('goes on from a marker', async () => {
    for (const key of ['old/1', 'old/2', 'old/deeper/3', 'old/deeper/4', 'old/z']) await put(key);
    const list = (more = {}) =>
      client.send(new ListObjectsCommand({ Bucket, Prefix: 'old/', Delimiter: '/', MaxKeys: 3, ...more }));
    const first = await list();
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['old/1', 'old/2']);
    expect([first.CommonPrefixes, first.NextMarker]).toEqual([[{ Prefix: 'old/deeper/' }], 'old/deeper/']);
    const second = await list({ Marker: first.NextMarker });
    expect([second.Contents?.map(({ Key }) => Key), second.IsTruncated]).toEqual([['old/z'], false]);
  });
});

describe('faults in a body', () => {
  const whole = 'x'.repeat(100_000);

  it('can stop it half-way for ever', async () => {
    await put('stalled', whole);
    sandbox.addFault({ effect: { kind: 'stall', afterBytes: 1000 }, operation: 'GetObject', key: /^stalled$/ });
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'stalled' }), {
      abortSignal: AbortSignal.timeout(300),
    });
    await expect(Body?.transformToString()).rejects.toThrow();
  });

  it('can damage a byte, which a checksum finds', async () => {
    sandbox.addFault({ effect: { kind: 'corrupt', atByte: 500 }, operation: 'PutObject', times: 1 });
    await expect(put('damaged', whole)).rejects.toEqual(failure('XAmzContentSHA256Mismatch', 400));
    await put('damaged', whole);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'damaged' }));
    expect(await Body?.transformToString()).toBe(whole);
  });

  it('reach a client that is still sending, as S3 says them', async () => {
    sandbox.addFault({ effect: { kind: 'status', status: 503, code: 'SlowDown' }, key: /^refused$/ });
    const body = 'x'.repeat(20 * 1024 ** 2);
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(put('refused', body)).rejects.toEqual(failure('SlowDown', 503));
    }
  });
});

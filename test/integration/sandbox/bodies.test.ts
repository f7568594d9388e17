import { Sha256 } from '@aws-crypto/sha256-js';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { clientOf, failure } from './sandboxClient.ts';

const MIB = 1024 ** 2;
const Bucket = 'studio-media';
let sandbox: Sandbox;
let client: S3Client;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-bodies-'));
  sandbox = await startSandbox({ replicationDelayMs: 50, folder });
  client = clientOf(sandbox);
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Sends a body as it is, and resolves to the status and the answer. */
async function put(url: string | URL, headers: Record<string, string>, body: Readable): Promise<[number, string]> {
  const sent = request(url, { method: 'PUT', headers });
  const answered = once(sent, 'response') as Promise<[NodeJS.ReadableStream & { statusCode: number }]>;
  await pipeline(body, sent);
  const [answer] = await answered;
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return [answer.statusCode, text];
}

describe('large bodies', () => {
  it('are never held in memory, on their way in or out', async () => {
    const size = 400 * MIB;
    const block = randomBytes(MIB);
    let peak = 0;
    const begin = process.memoryUsage().arrayBuffers;
    const sampling = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - begin);
    }, 5);
    const blocks = function* () {
      for (let sent = 0; sent < size; sent += block.length) yield block;
    };
    const target = { Bucket, Key: 'large' };
    const [status] = await put(
      await getSignedUrl(client, new PutObjectCommand(target)),
      { 'content-length': String(size) },
      Readable.from(blocks()),
    );
    const response = await fetch(await getSignedUrl(client, new GetObjectCommand(target)));
    let got = 0;
    for await (const chunk of response.body ?? []) got += (chunk as Uint8Array).length;
    clearInterval(sampling);
    expect([status, got]).toEqual([200, size]);
    // Chunks that nobody holds any more count until they are collected, so the bound is a wide one.
    expect(peak).toBeLessThan(size / 2);
  });

  it('leave nothing when they break off', async () => {
    const url = new URL(await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'broken' })));
    const files = () => readdir(join(folder, 'main-us', 'bytes'));
    const before = await files();
    const socket = connect(Number(url.port), url.hostname);
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 1000000\r\n\r\n`);
    socket.write(Buffer.alloc(300_000));
    const log = () => sandbox.requests.find(({ key }) => key === 'broken');
    await expect.poll(() => log()?.bytesReceived).toBe(300_000);
    expect(await files()).toHaveLength(before.length + 1);
    socket.destroy();
    await expect.poll(files).toHaveLength(before.length);
    expect([log()?.status, sandbox.bucketOf('main-us').current('broken')]).toEqual([0, undefined]);
  });
});

describe('bodies signed chunk by chunk', () => {
  const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
  const hmac = (secret: string | Buffer, text: string) => createHmac('sha256', secret).update(text).digest();

  /** Sends two chunks, as older SDKs send streams. */
  async function send(key: string, chunks: Buffer[], sent = chunks): Promise<[number, string]> {
    const { main, credentials } = sandbox;
    const url = new URL(`${main.endpoint}/${Bucket}/${key}`);
    const signer = new SignatureV4({
      service: 's3',
      region: main.region,
      credentials,
      sha256: Sha256,
      uriEscapePath: false,
    });
    const signed = await signer.sign({
      ...{ method: 'PUT', protocol: url.protocol, hostname: url.hostname, path: url.pathname },
      headers: {
        host: url.host,
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'x-amz-decoded-content-length': String(Buffer.concat(chunks).length),
      },
    });
    const date = signed.headers['x-amz-date'] ?? '';
    const day = date.slice(0, 8);
    const signingKey = [main.region, 's3', 'aws4_request'].reduce(
      hmac,
      hmac(`AWS4${credentials.secretAccessKey}`, day),
    );
    let previous = /Signature=(\w+)/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
    const wire = [...chunks, Buffer.alloc(0)].map((chunk, index) => {
      const scope = `${day}/${main.region}/s3/aws4_request`;
      const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, sha256(''), sha256(chunk)].join('\n');
      previous = hmac(signingKey, text).toString('hex');
      const size = `${chunk.length.toString(16)};chunk-signature=${previous}\r\n`;
      return Buffer.concat([Buffer.from(size), sent[index] ?? chunk, Buffer.from('\r\n')]);
    });
    return put(url, signed.headers, Readable.from([Buffer.concat(wire)]));
  }

  it('are taken whole, and refused with one changed byte', async () => {
    const chunks = [randomBytes(70_000), randomBytes(3000)];
    expect((await send('chunks', chunks))[0]).toBe(200);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'chunks' }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(Buffer.concat(chunks))).toBe(true);
    const changed = chunks.map((chunk) => Buffer.from(chunk));
    changed[1]?.writeUInt8((chunks[1]?.readUInt8(9) ?? 0) ^ 1, 9);
    expect(await send('changed', chunks, changed)).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
    expect(sandbox.bucketOf('main-us').current('changed')).toBeUndefined();
  });
});

describe('conditions on writing', () => {
  it('name what is missing, and what S3 does not take', async () => {
    const write = (more: object) => client.send(new PutObjectCommand({ Bucket, Key: 'absent', Body: 'x', ...more }));
    await expect(write({ IfMatch: '"0"' })).rejects.toEqual(failure('NoSuchKey', 404));
    await expect(write({ IfNoneMatch: '"0"' })).rejects.toEqual(failure('NotImplemented', 501));
    await write({ IfNoneMatch: '*' });
    await expect(write({ IfMatch: '"0"' })).rejects.toEqual(failure('PreconditionFailed', 412));
  });

  it('find a delete in conflict that came while the body did', async () => {
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'contested' }), {
      unhoistableHeaders: new Set(['if-none-match']),
    });
    const slowly = async function* () {
      yield Buffer.alloc(10);
      await expect.poll(() => sandbox.requests.at(-1)?.bytesReceived).toBe(10);
      sandbox.bucketOf('main-us').add({
        ...{ key: 'contested', versionId: 'marker', isDeleteMarker: true, pieces: [], size: 0 },
        ...{ etag: '', lastModified: 0, headers: {} },
      });
      yield Buffer.alloc(10);
    };
    const headers = { 'content-length': '20', 'if-none-match': '*' };
    expect(await put(url, headers, Readable.from(slowly()))).toEqual([
      409,
      expect.stringContaining('ConditionalRequestConflict'),
    ]);
  });
});

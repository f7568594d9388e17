import { S3Client } from '@aws-sdk/client-s3';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { objectBytes } from '../../../../../electron/services/transfers/download/objectBytes.ts';
import type { StoredObject } from '../../../../../electron/services/transfers/download/storedObject.ts';
import { storageSchema } from '../../../../../shared/preferencesSchema.ts';

const SIZE = 1000;
const BYTES = Buffer.alloc(SIZE, 'x');
const GOOD = { etag: '"e1"', 'x-amz-request-id': 'r', 'x-amz-version-id': 'v1' };

let server: Server;
let client: S3Client;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new S3Client({
    ...{ region: 'us-east-1', endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true, credentials },
    maxAttempts: 1,
  });
});
afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const configuration = storageSchema.parse({ region: 'us-east-1', bucket: 'media', prefix: '' });
const version = { key: 'a.mov', size: SIZE, etag: '"e1"', lastModified: 0, versionId: 'v1' };
const object: StoredObject = { storage: 'main', version, etag: '"e1"' };

async function read(from = 0, idleMs = 50_000): Promise<{ position: number; bytes: Buffer }> {
  const pieces: Uint8Array[] = [];
  let first: number | undefined;
  const asked = { client, configuration, object, from, to: SIZE, idleMs, signal: new AbortController().signal };
  for await (const { position, bytes } of objectBytes(asked)) {
    first ??= position;
    pieces.push(Buffer.from(bytes));
  }
  return { position: first ?? -1, bytes: Buffer.concat(pieces) };
}

it('asks for one version by id and by ETag, each time', async () => {
  const asked: unknown[] = [];
  answer = ({ url = '', headers }, response) => {
    asked.push([new URL(url, 'http://x').searchParams.get('versionId'), headers['if-match'], headers.range]);
    response.writeHead(200, { ...GOOD, 'content-length': SIZE }).end(BYTES);
  };
  await read();
  await read(400);
  expect(asked).toEqual([
    ['v1', '"e1"', undefined],
    ['v1', '"e1"', 'bytes=400-'],
  ]);
});

it('says where the bytes belong, also when a server gives all of them instead of the range', async () => {
  answer = (_request, response) => response.writeHead(200, { ...GOOD, 'content-length': SIZE }).end(BYTES);
  expect(await read(400)).toEqual({ position: 0, bytes: BYTES });
  answer = (_request, response) =>
    response.writeHead(206, { ...GOOD, 'content-range': `bytes 400-999/${SIZE}` }).end(BYTES.subarray(400));
  expect((await read(400)).position).toBe(400);
});

it.each<[string, string, (response: ServerResponse) => void]>([
  [
    'more bytes than the object has',
    'damaged',
    (response) => {
      response.writeHead(200, GOOD).end(Buffer.alloc(SIZE + 1));
    },
  ],
  [
    'bytes without an end',
    'damaged',
    (response) => {
      response.writeHead(200, GOOD);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
  ],
  [
    'an early end',
    'storage-failed',
    (response) => {
      response.writeHead(200, GOOD).end(BYTES.subarray(0, 10));
    },
  ],
  [
    'another length',
    'object-changed',
    (response) => {
      response.writeHead(200, { ...GOOD, 'content-length': 10 }).end(BYTES.subarray(0, 10));
    },
  ],
  [
    'another ETag',
    'object-changed',
    (response) => {
      response.writeHead(200, { ...GOOD, etag: '"e2"' }).end(BYTES);
    },
  ],
  [
    'another version',
    'object-changed',
    (response) => {
      response.writeHead(200, { ...GOOD, 'x-amz-version-id': 'v2' }).end(BYTES);
    },
  ],
  [
    'a page',
    'not-a-storage',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
    },
  ],
  [
    'a page of the right length',
    'not-a-storage',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': SIZE }).end(BYTES);
    },
  ],
  [
    '412',
    'object-changed',
    (response) => {
      response.writeHead(412, GOOD).end('<Error><Code>PreconditionFailed</Code></Error>');
    },
  ],
  [
    '416',
    'object-changed',
    (response) => {
      response.writeHead(416, GOOD).end('<Error><Code>InvalidRange</Code></Error>');
    },
  ],
  ['silence', 'timeout', () => undefined],
  [
    'silence after some bytes',
    'timeout',
    (response) => {
      response.writeHead(200, { ...GOOD, 'content-length': SIZE }).write(BYTES.subarray(0, 10));
    },
  ],
])('%s is %s', async (_what, code, give) => {
  answer = (_request, response) => give(response);
  // On a busy machine an answer takes its time: only where silence is expected it ends soon.
  await expect(read(0, code === 'timeout' ? 300 : undefined)).rejects.toMatchObject({ code });
});

it.each([
  ['another beginning', `bytes 300-999/${SIZE}`, 'storage-failed'],
  ['another end', `bytes 400-500/${SIZE}`, 'storage-failed'],
  ['another size of the whole', 'bytes 400-1999/2000', 'object-changed'],
  ['no range at all', undefined, 'storage-failed'],
])('a range with %s is not taken for the one that was asked for', async (_what, range, code) => {
  answer = (_request, response) =>
    response.writeHead(206, { ...GOOD, ...(range !== undefined && { 'content-range': range }) }).end(BYTES);
  await expect(read(400)).rejects.toMatchObject({ code });
});

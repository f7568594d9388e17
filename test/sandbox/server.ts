import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { xmlAnswer, type Answer, type Call } from './call.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { listObjectsV2, listObjectVersions } from './listing.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart.ts';
import { copyObject, deleteObject, deleteObjects, getObject, putObject } from './objects.ts';
import { S3Error } from './s3Error.ts';
import { shapeStream } from './shaping.ts';
import { verifySignature, type SandboxCredentials } from './signatures.ts';
import type { Bucket, Version } from './store.ts';
import { errorXml, toXml } from './xml.ts';

/** A request as the log keeps it: no signature, no token. */
export interface LoggedRequest {
  region: string;
  operation: string;
  method: string;
  key: string;
  status: number;
  bytesSent: number;
}

export interface RegionOptions {
  region: string;
  bucket: Bucket;
  port: number;
  credentials: SandboxCredentials;
  faults: Faults;
  /** Milliseconds since the epoch, on the region's clock. */
  now: () => number;
  created: (version: Version) => void;
  logged: (request: LoggedRequest) => void;
}

const OPERATIONS: Record<string, (call: Call) => Answer | Promise<Answer>> = {
  GetObject: getObject,
  HeadObject: getObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  HeadBucket: () => ({ status: 200 }),
  // rclone asks for the bucket to be there before it writes; S3 says that it is.
  PUTBucket: () => {
    throw new S3Error('BucketAlreadyOwnedByYou', 409, 'The bucket that you tried to create already exists.');
  },
  GetBucketVersioning: () => xmlAnswer(toXml('VersioningConfiguration', { Status: 'Enabled' })),
};

/** What a request asks for, told from its method and query as S3 does. */
function operationOf(request: IncomingMessage, query: URLSearchParams, key: string): string {
  const method = request.method ?? 'GET';
  if (key === '') {
    if (method === 'HEAD') return 'HeadBucket';
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
    if (query.has('location')) return 'GetBucketLocation';
    if (query.has('versioning')) return 'GetBucketVersioning';
    if (query.has('versions')) return 'ListObjectVersions';
    if (query.has('uploads')) return 'ListMultipartUploads';
    return method === 'GET' ? 'ListObjectsV2' : `${method}Bucket`;
  }
  const multipart = query.has('uploadId');
  if (method === 'GET') return multipart ? 'ListParts' : 'GetObject';
  if (method === 'PUT' && multipart) return 'UploadPart';
  if (method === 'PUT') return request.headers['x-amz-copy-source'] ? 'CopyObject' : 'PutObject';
  if (method === 'POST') return multipart ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
  if (method === 'DELETE') return multipart ? 'AbortMultipartUpload' : 'DeleteObject';
  return method === 'HEAD' ? 'HeadObject' : method;
}

/** One region: an S3 endpoint on loopback with one bucket. */
export class RegionServer {
  readonly #options: RegionOptions;
  readonly #server: Server;

  constructor(options: RegionOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // Clients such as aws-cli ask first (Expect: 100-continue); refusals come with the answer itself.
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      response.writeContinue();
      void this.#serve(request, response);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { region, bucket, faults } = this.#options;
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const { bucketName, key } = addressOf(url, bucket.name);
    const operation = operationOf(request, url.searchParams, key);
    const method = request.method ?? 'GET';
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    const effects = method === 'OPTIONS' ? [] : faults.effectsFor({ region, operation, method, key });
    response.on('error', () => request.destroy());
    response.on('close', () => {
      const { logged } = this.#options;
      logged({
        region,
        operation,
        method,
        key,
        status: response.statusCode,
        bytesSent: response.socket?.bytesWritten ?? 0,
      });
    });
    const cut = () => request.socket.destroy();
    try {
      if (effects.some(({ kind }) => kind === 'down')) return void cut();
      if (effects.some(({ kind }) => kind === 'stall')) return;
      for (const effect of effects) if (effect.kind === 'latency') await wait(effect.milliseconds);
      this.#commonHeaders(request, response, requestId);
      const answer = await this.#answer(request, url, { bucketName, key, operation, effects, cut });
      await send(request, response, answer, effects, cut);
    } catch (error) {
      await this.#fail(error, request, response, url, requestId);
    }
  }

  async #answer(
    request: IncomingMessage,
    url: URL,
    about: { bucketName: string; key: string; operation: string; effects: FaultEffect[]; cut: () => void },
  ): Promise<Answer> {
    const { bucket, region, credentials, now, created } = this.#options;
    const { bucketName, key, operation, effects, cut } = about;
    if (request.method === 'OPTIONS') return preflight(request);
    const fault = effects.find((effect) => effect.kind === 'status');
    if (fault) throw new S3Error(fault.code, fault.status, `A fault on demand: ${fault.code}`);
    await verifySignature(request, url, region, credentials, now());
    if (bucketName === '') return listBuckets(bucket.name);
    if (bucketName !== bucket.name) throw new S3Error('NoSuchBucket', 404, 'The specified bucket does not exist');
    if (operation === 'GetBucketLocation') return location(region);
    const operate = OPERATIONS[operation];
    if (!operate) throw new S3Error('NotImplemented', 501, `${operation} is not part of the sample storage.`);
    const shape = () => shapeStream(effects, cut);
    return operate({ request, url, query: url.searchParams, key, bucket, now: now(), shape, created });
  }

  #commonHeaders(request: IncomingMessage, response: ServerResponse, requestId: string): void {
    response.sendDate = false;
    response.setHeader('date', new Date(this.#options.now()).toUTCString());
    response.setHeader('server', 'Nearplay sample storage');
    response.setHeader('x-amz-request-id', requestId);
    const { origin } = request.headers;
    if (origin === undefined) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'Origin');
    response.setHeader(
      'access-control-expose-headers',
      'ETag, Content-Range, Content-Length, Accept-Ranges, Date, x-amz-version-id, x-amz-replication-status',
    );
  }

  async #fail(
    error: unknown,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    requestId: string,
  ): Promise<void> {
    if (response.headersSent || request.socket.destroyed) return void request.socket.destroy();
    const known = error instanceof S3Error ? error : new S3Error('InternalError', 500, String(error));
    // The connection cannot be used again while an unread body is on it.
    if (!request.complete) response.setHeader('connection', 'close');
    const body = request.method === 'HEAD' ? '' : errorXml(known, url.pathname, requestId);
    response.writeHead(known.status, { 'content-type': 'application/xml', ...known.headers });
    response.end(body);
    request.resume();
    await Promise.resolve();
  }
}

/** Path style (`/bucket/key`) and virtual-host style (`bucket.host/key`). */
function addressOf(url: URL, bucket: string): { bucketName: string; key: string } {
  const path = url.pathname.slice(1);
  if (url.hostname.startsWith(`${bucket}.`)) return { bucketName: bucket, key: decodeURIComponent(path) };
  const slash = path.indexOf('/');
  const bucketName = slash === -1 ? path : path.slice(0, slash);
  return { bucketName, key: slash === -1 ? '' : decodeURIComponent(path.slice(slash + 1)) };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  effects: FaultEffect[],
  cut: () => void,
): Promise<void> {
  const { status, headers = {}, body = '' } = answer;
  if (typeof body === 'string') {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  if (request.method === 'HEAD') response.end();
  else await pipeline(body instanceof Readable ? body : Readable.from(body), shapeStream(effects, cut), response);
}

function preflight(request: IncomingMessage): Answer {
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
      'access-control-max-age': '300',
    },
  };
}

function listBuckets(name: string): Answer {
  const created = '2026-01-01T00:00:00.000Z';
  const owner = { ID: 'sandbox', DisplayName: 'sandbox' };
  return xmlAnswer(
    toXml('ListAllMyBucketsResult', { Owner: owner, Buckets: { Bucket: [{ Name: name, CreationDate: created }] } }),
  );
}

/** us-east-1 answers with an empty element (S3 API reference, GetBucketLocation). */
function location(region: string): Answer {
  const text = region === 'us-east-1' ? '' : region;
  return xmlAnswer(
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${text}</LocationConstraint>`,
  );
}

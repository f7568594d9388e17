import { randomBytes } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createBucket,
  getBucketLocation,
  getBucketReplication,
  getBucketVersioning,
  headBucket,
} from './bucketSettings.ts';
import { type Answer, type BucketPlace, type Call, xmlAnswer } from './call.ts';
import type { ServerIdentity } from './certificates.ts';
import { ChunkSignatures } from './chunkSignatures.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { dropConditions, dropRange, hasConditions, insteadOf, lieOf } from './lies.ts';
import { listObjects, listObjectsV2, listObjectVersions } from './listing.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './multipart.ts';
import { copyObject, deleteObject, deleteObjects, getObject, putObject } from './objects.ts';
import type { Version } from './records.ts';
import { S3Error } from './s3Error.ts';
import { type Connection, shaped } from './shaping.ts';
import { type SandboxCredentials, verifySignature } from './signatures.ts';
import type { Bucket } from './store.ts';
import { errorXml, toXml } from './xml.ts';

/** A request as the log keeps it: no signature, no token. It is there from the moment the request arrives. */
export interface LoggedRequest {
  region: string;
  operation: string;
  method: string;
  key: string;
  uploadId?: string;
  partNumber?: number;
  /** 0 until there is an answer, and for ever when the connection was cut before it. */
  status: number;
  /** Of the body, decoded; of a body that broke off, what had arrived. */
  bytesReceived: number;
  /** On the wire, headers included; counted when the answer is over. */
  bytesSent: number;
  /** The kinds of the faults on demand that applied, in their order. */
  faults: FaultEffect['kind'][];
}

export interface RegionOptions {
  region: string;
  bucket: Bucket;
  port: number;
  /** Absent: plain HTTP. */
  identity?: ServerIdentity;
  credentials: SandboxCredentials;
  faults: Faults;
  /** Milliseconds since the epoch, on the region's clock. */
  now: () => number;
  /** Buckets of other regions by name, with their endpoints, to which their requests are redirected. */
  elsewhere: () => readonly (BucketPlace & { endpoint: string })[];
  destinations: readonly BucketPlace[];
  created: (version: Version) => void;
  logged: (request: LoggedRequest) => void;
}

const OPERATIONS: ReadonlyMap<string, (call: Call) => Answer | Promise<Answer>> = new Map(
  Object.entries({
    GetObject: getObject,
    HeadObject: getObject,
    PutObject: putObject,
    CopyObject: copyObject,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    ListObjects: listObjects,
    ListObjectsV2: listObjectsV2,
    ListObjectVersions: listObjectVersions,
    CreateMultipartUpload: createMultipartUpload,
    UploadPart: uploadPart,
    UploadPartCopy: uploadPartCopy,
    ListParts: listParts,
    ListMultipartUploads: listMultipartUploads,
    CompleteMultipartUpload: completeMultipartUpload,
    AbortMultipartUpload: abortMultipartUpload,
    HeadBucket: headBucket,
    CreateBucket: createBucket,
    GetBucketLocation: getBucketLocation,
    GetBucketVersioning: getBucketVersioning,
    GetBucketReplication: getBucketReplication,
  }),
);

/** Parts of a query that name an operation by themselves; whichever else there is, it is not another operation. */
const BUCKET_OPERATIONS: readonly (readonly [method: string, parameter: string, operation: string])[] = [
  ['POST', 'delete', 'DeleteObjects'],
  ['GET', 'location', 'GetBucketLocation'],
  ['GET', 'versioning', 'GetBucketVersioning'],
  ['GET', 'replication', 'GetBucketReplication'],
  ['GET', 'versions', 'ListObjectVersions'],
  ['GET', 'uploads', 'ListMultipartUploads'],
];
/** Subresources that the sample storage lacks: they must not be mistaken for plain reads or writes. */
const FOREIGN = ['acl', 'tagging', 'policy', 'lifecycle', 'cors', 'attributes', 'torrent', 'retention', 'legal-hold'];

/** Operation of a request, from its method and query as S3 does. */
function operationOf(request: IncomingMessage, query: URLSearchParams, key: string): string {
  const method = request.method ?? 'GET';
  const foreign = FOREIGN.find((name) => query.has(name));
  if (foreign !== undefined) return `${method} ?${foreign}`;
  return key === '' ? bucketOperation(method, query) : objectOperation(method, query, request);
}

function bucketOperation(method: string, query: URLSearchParams): string {
  const named = BUCKET_OPERATIONS.find(([verb, parameter]) => verb === method && query.has(parameter));
  if (named) return named[2];
  if (method === 'GET') return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
  if (method === 'HEAD') return 'HeadBucket';
  return method === 'PUT' ? 'CreateBucket' : method;
}

function objectOperation(method: string, query: URLSearchParams, request: IncomingMessage): string {
  const multipart = query.has('uploadId');
  const copies = request.headers['x-amz-copy-source'] !== undefined;
  if (method === 'GET') return multipart ? 'ListParts' : 'GetObject';
  if (method === 'PUT' && multipart) return copies ? 'UploadPartCopy' : 'UploadPart';
  if (method === 'PUT') return copies ? 'CopyObject' : 'PutObject';
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  if (method === 'POST' && multipart) return 'CompleteMultipartUpload';
  if (method === 'DELETE') return multipart ? 'AbortMultipartUpload' : 'DeleteObject';
  return method === 'HEAD' ? 'HeadObject' : method;
}

/** One request with all that its way through the server needs. */
interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  bucketName: string;
  key: string;
  operation: string;
  requestId: string;
  effects: FaultEffect[];
  connection: Connection;
  log: LoggedRequest;
  /** Sends 100 Continue to a client that sent Expect: 100-continue. */
  proceed: () => void;
}

/** One region: an S3 endpoint on loopback with one bucket. */
export class RegionServer {
  readonly #options: RegionOptions;
  readonly #server: Server | HttpsServer;

  constructor(options: RegionOptions) {
    this.#options = options;
    const { identity } = options;
    // A body may take as long as it takes; a pause between two requests must not look like a reset to the client.
    const patience = { requestTimeout: 0, keepAliveTimeout: 60_000 };
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      void this.#serve(request, response, () => undefined);
    this.#server = identity
      ? createHttps({ ...patience, key: identity.key, cert: identity.certificate }, serve)
      : createHttp(patience, serve);
    // Clients such as aws-cli ask first (Expect: 100-continue); a refusal spares them the body.
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response, () => response.writeContinue());
    });
  }

  /** Resolves to the endpoint. */
  async listen(): Promise<string> {
    const port = await listenOnLoopback(this.#server, this.#options.port);
    return `${this.#options.identity ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    await closeServer(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse, proceed: () => void): Promise<void> {
    const exchange = this.#begin(request, response, proceed);
    if (!exchange) return;
    const { effects, connection } = exchange;
    try {
      if (effects.some(({ kind }) => kind === 'down')) {
        connection.cut();
        return;
      }
      if (effects.some((effect) => effect.kind === 'stall' && effect.afterBytes === undefined)) return;
      for (const effect of effects) {
        if (effect.kind === 'latency') await wait(effect.milliseconds);
        else if (effect.kind === 'gate') await effect.opened;
      }
      this.#commonHeaders(exchange);
      const answer = await this.#answer(exchange);
      if (effects.some(({ kind }) => kind === 'lost-answer')) connection.cut();
      else await send(exchange, answer);
    } catch (error) {
      fail(error, exchange);
    }
  }

  #begin(request: IncomingMessage, response: ServerResponse, proceed: () => void): Exchange | undefined {
    const { region, bucket, faults, logged, elsewhere } = this.#options;
    const method = request.method ?? 'GET';
    const address = addressOf(request, [bucket.name, ...elsewhere().map((place) => place.bucket)]);
    if (!address) {
      response.writeHead(400).end();
      return undefined;
    }
    const { url, bucketName, key } = address;
    const operation = operationOf(request, url.searchParams, key);
    const uploadId = url.searchParams.get('uploadId');
    const part = operation.startsWith('UploadPart') ? { partNumber: Number(url.searchParams.get('partNumber')) } : {};
    const range = request.headers.range === undefined ? {} : { range: request.headers.range };
    const effects =
      method === 'OPTIONS' ? [] : faults.effectsFor({ region, operation, method, key, ...part, ...range });
    const log: LoggedRequest = {
      ...{ region, operation, method, key, ...(uploadId !== null && { uploadId }), ...part },
      ...{ status: 0, bytesReceived: 0, bytesSent: 0, faults: effects.map(({ kind }) => kind) },
    };
    logged(log);
    const { socket } = request;
    const sentBefore = socket.bytesWritten;
    response.on('close', () => {
      log.bytesSent = socket.bytesWritten - sentBefore;
    });
    response.on('error', () => request.destroy());
    const closed = new Promise((resolve) => response.once('close', resolve));
    const connection = { cut: () => void socket.destroy(), closed };
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    return {
      ...{ request, response, url, bucketName, key, operation, requestId },
      ...{ effects, connection, log, proceed },
    };
  }

  async #answer(exchange: Exchange): Promise<Answer> {
    const { bucket, region, credentials, now, created, destinations } = this.#options;
    const { request, url, bucketName, key, operation, effects, connection, log } = exchange;
    if (request.method === 'OPTIONS') return preflight(request);
    const fault = effects.find((effect) => effect.kind === 'status');
    if (fault) throw new S3Error(fault.code, fault.status, fault.message ?? `A fault on demand: ${fault.code}`);
    const instead = insteadOf(effects);
    if (instead) {
      exchange.proceed();
      request.resume();
      // The answer is not the storage's.
      for (const name of ['x-amz-request-id', 'server']) exchange.response.removeHeader(name);
      return instead;
    }
    this.#redirect(bucketName);
    const seed = await verifySignature(request, url, region, credentials, now());
    // After the signature, which covers them.
    if (effects.some(({ kind }) => kind === 'ignore-conditions')) dropConditions(request);
    if (effects.some(({ kind }) => kind === 'ignore-range')) dropRange(request);
    if (effects.some(({ kind }) => kind === 'refuse-conditions') && hasConditions(request)) {
      throw new S3Error('NotImplemented', 501, 'A header you provided implies functionality that is not implemented');
    }
    if (bucketName === '') return listBuckets(bucket.name);
    if (bucketName !== bucket.name) throw new S3Error('NoSuchBucket', 404, 'The specified bucket does not exist');
    const operate = OPERATIONS.get(operation);
    if (!operate) throw new S3Error('NotImplemented', 501, `${operation} is not part of the sample storage.`);
    const isSignedByChunk = String(request.headers['x-amz-content-sha256']).startsWith('STREAMING-AWS4-HMAC-SHA256');
    const arriving = () => {
      exchange.proceed();
      // The rest of a refused body is read and dropped, so that the refusal reaches the client.
      const body: AsyncIterable<Buffer> = {
        [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }),
      };
      return effects.length === 0 ? body : shaped(body, effects, connection);
    };
    const received = (bytes: number) => {
      log.bytesReceived += bytes;
    };
    const answer = await operate({
      ...{ request, query: url.searchParams, key, region, bucket, destinations, now: now() },
      ...{ arriving, received, created },
      ...(isSignedByChunk && { chunkSignatures: new ChunkSignatures(seed) }),
    });
    return effects.reduce((said, effect) => lieOf(effect, said, { operation, query: url.searchParams }), answer);
  }

  /** @throws S3Error PermanentRedirect for a bucket of another region */
  #redirect(bucketName: string): void {
    const place = this.#options.elsewhere().find(({ bucket }) => bucket === bucketName);
    if (!place) return;
    throw new S3Error(
      'PermanentRedirect',
      301,
      'The bucket you are attempting to access must be addressed using the specified endpoint.',
      { 'x-amz-bucket-region': place.region },
      { Endpoint: new URL(place.endpoint).host, Bucket: bucketName },
    );
  }

  #commonHeaders({ request, response, requestId }: Exchange): void {
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
}

/** Path style (`/bucket/key`) and virtual-host style (`bucket.host/key`). Nothing for a path that cannot be decoded. */
function addressOf(
  request: IncomingMessage,
  buckets: readonly string[],
): { url: URL; bucketName: string; key: string } | undefined {
  try {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const path = url.pathname.slice(1);
    const virtual = buckets.find((bucket) => url.hostname.startsWith(`${bucket}.`));
    if (virtual !== undefined) return { url, bucketName: virtual, key: decodeURIComponent(path) };
    const slash = path.indexOf('/');
    if (slash === -1) return { url, bucketName: path, key: '' };
    return { url, bucketName: path.slice(0, slash), key: decodeURIComponent(path.slice(slash + 1)) };
  } catch {
    return undefined;
  }
}

async function send({ request, response, effects, connection, log }: Exchange, answer: Answer): Promise<void> {
  const { status, headers = {}, body = '' } = answer;
  log.status = status;
  if (typeof body === 'string') {
    const hasNoLength = effects.some(({ kind }) => kind === 'no-length');
    response.writeHead(status, { ...(!hasNoLength && { 'content-length': Buffer.byteLength(body) }), ...headers });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  if (request.method === 'HEAD') response.end();
  else await pipeline(effects.length === 0 ? body : shaped(body, effects, connection), response);
}

function fail(error: unknown, { request, response, url, requestId, log }: Exchange): void {
  if (response.headersSent || request.socket.destroyed) return void request.socket.destroy();
  const known = error instanceof S3Error ? error : new S3Error('InternalError', 500, String(error));
  log.status = known.status;
  const body = request.method === 'HEAD' ? '' : errorXml(known, url.pathname, requestId);
  response.writeHead(known.status, { 'content-type': 'application/xml', ...known.headers });
  response.end(body);
  request.resume();
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

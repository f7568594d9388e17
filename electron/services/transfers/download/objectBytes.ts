import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import { deadline } from '../../runtime/async.ts';
import { httpStatusOf } from '../../runtime/errorFacts.ts';
import { knownSize } from '../../storage/objectSizes.ts';
import { lastingVersion, sameEtag } from '../../storage/objectVersion.ts';
import { explainS3Error } from '../../storage/s3Errors.ts';
import { wholeKey } from '../../storage/storageKeys.ts';
import { assertFromStorage, type StoredObject } from './storedObject.ts';

export interface BytesAsked {
  client: S3Client;
  configuration: StorageConfiguration;
  object: StoredObject;
  /**
   * Position of the first byte; all from there to the end are requested. Smaller than the object's size; 0 for an empty
   * object.
   */
  from: number;
  /** Milliseconds without a byte after which the connection counts as broken. */
  idleMs: number;
  signal: AbortSignal;
}

export interface Piece {
  /** Position in the object. */
  position: number;
  bytes: Uint8Array;
}

/** The server answered with another range; a request without a range may succeed. */
export class OtherRange extends NearplayError {
  constructor() {
    super('storage-failed', 'The storage gave another part of the file than it was asked for.');
  }
}

/** The answer does not match HEAD: the object has changed, or a proxy alters the answer. Another HEAD tells which. */
export class OtherObject extends NearplayError {
  /** Whether the answer was compressed (RFC 9110, 8.4), by the storage or by a proxy. */
  readonly isEncoded: boolean;

  constructor(isEncoded: boolean, cause?: unknown) {
    super('object-changed', undefined, { cause });
    this.isEncoded = isEncoded;
  }
}

/**
 * Bytes of one object version over one connection: pinned by version id and ETag, and checked against the headers of
 * the answer. A server that ignores ranges begins at 0.
 *
 * @throws NearplayError object-changed (OtherObject), not-a-storage (a proxy answered), damaged (more bytes than the
 *   object has), storage-failed (fewer), timeout, offline, access-denied …
 */
export async function* objectBytes(asked: BytesAsked): AsyncGenerator<Piece, void> {
  const { signal, object } = asked;
  const idle = new IdleLimit(asked.idleMs);
  let body: Readable | undefined;
  try {
    const answer = await idle.during(() => requestBytes(asked, AbortSignal.any([signal, idle.signal])));
    let position = beginningOf(answer, asked);
    const isEncoded = isEncodedIn(answer);
    if (!(answer.Body instanceof Readable)) throw new NearplayError('storage-failed');
    body = answer.Body;
    const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      const next = await idle.during(() => iterator.next());
      if (next.done === true) break;
      const bytes = next.value;
      if (position + bytes.length > object.version.size) {
        if (isEncoded) throw new OtherObject(isEncoded);
        throw new NearplayError('damaged', 'More bytes arrived than the file has.');
      }
      yield { position, bytes };
      position += bytes.length;
    }
    if (position < object.version.size) {
      if (isEncoded) throw new OtherObject(isEncoded);
      throw new NearplayError('storage-failed', 'The storage ended the file before all of it was there.');
    }
  } catch (cause) {
    if (signal.aborted) throw new NearplayError('cancelled', undefined, { cause });
    if (idle.isOver) throw new NearplayError('timeout', 'The storage sent nothing for a long time.', { cause });
    throw explained(cause, asked);
  } finally {
    idle.stop();
    body?.destroy();
  }
}

function requestBytes({ client, configuration, object, from }: BytesAsked, abortSignal: AbortSignal) {
  const { version, etag } = object;
  const versionId = lastingVersion(version);
  const command = new GetObjectCommand({
    Bucket: configuration.bucket,
    Key: wholeKey(configuration, version.key),
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(etag !== '' && { IfMatch: etag }),
    ...(from > 0 && { Range: `bytes=${from}-` }),
  });
  return client.send(command, { abortSignal });
}

/**
 * Position at which the body begins. @throws NearplayError when the answer is of another version, or not from the
 * storage
 */
function beginningOf(answer: GetObjectCommandOutput, { object, from }: BytesAsked): number {
  const { ETag: etag, VersionId: versionId, ContentRange: range, ContentLength: length } = answer;
  const { size } = object.version;
  const lasting = lastingVersion(object.version);
  assertFromStorage(answer);
  if (object.etag !== '' && (etag === undefined || etag === '')) throw new NearplayError('not-a-storage');
  const other = () => new OtherObject(isEncodedIn(answer));
  if (etag !== undefined && object.etag !== '' && !sameEtag(etag, object.etag)) throw other();
  if (lasting !== undefined && versionId !== undefined && versionId !== lasting) throw other();
  if (answer.$metadata.httpStatusCode !== 206) {
    if (length !== undefined && length !== size) throw other();
    // An empty object needs an explicit size: a connection that ends early looks the same.
    if (size === 0 && length === undefined && !object.fingerprint) knownSize(answer);
    return 0;
  }
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? '') ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== size) throw other();
  if (Number(first) !== from || Number(last) !== size - 1) throw new OtherRange();
  return from;
}

function explained(cause: unknown, { object, configuration }: BytesAsked): NearplayError {
  const status = httpStatusOf(cause);
  // The object is shorter now, or another one.
  if (status === 412 || status === 416) return new OtherObject(false, cause);
  return explainS3Error(cause, { action: 's3:GetObject', storage: configuration, key: object.version.key });
}

function isEncodedIn({ ContentEncoding: encoding }: GetObjectCommandOutput): boolean {
  return encoding !== undefined && encoding !== '' && encoding !== 'identity' && encoding !== 'aws-chunked';
}

/** Limits the time until the next byte. Time that the disk takes in between does not count. */
class IdleLimit {
  readonly #limitMs: number;
  readonly #over = new AbortController();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    return deadline(work(), this.#limitMs, () => {
      this.#over.abort();
      throw new NearplayError('timeout');
    });
  }

  stop(): void {
    this.#over.abort();
  }
}

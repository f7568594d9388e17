import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { httpStatusOf } from '../../runtime/errorFacts.ts';
import { knownSize } from '../../storage/objectSizes.ts';
import { lastingVersion, sameEtag } from '../../storage/objectVersion.ts';
import { explainS3Error } from '../../storage/s3Errors.ts';
import { wholeKey } from '../../storage/storageKeys.ts';
import { BodyBatches } from './bodyBatches.ts';
import { assertFromStorage, type StoredObject } from './storedObject.ts';

const IDLE_LIMIT_MS = 30 * SECOND_MS;

export interface BytesAsked {
  client: S3Client;
  configuration: StorageConfiguration;
  object: StoredObject;
  /** Position of the first byte. Smaller than the object's size; 0 for an empty object. */
  from: number;
  /** Position behind the last byte; the object's size for all from the first. */
  to: number;
  /** Milliseconds without a byte after which the connection counts as broken; default 30 s. */
  idleMs?: number | undefined;
  signal: AbortSignal;
  /** A buffer of the size that was asked for, to have all bytes in it as one batch. */
  whole?: Buffer;
  /** Called with the answer once it is known to be of this version; asks for the stored checksum too. */
  answered?: (answer: GetObjectCommandOutput) => void;
}

/** Bytes in a row. */
export interface Batch {
  /** Of the first byte in the object. */
  position: number;
  /** In a buffer that is used again for the batch after the next. */
  bytes: Uint8Array;
}

/** The server answered with another range; a request without a range may succeed. */
export class OtherRange extends NearplayError {
  constructor() {
    super('storage-failed', 'The storage gave another part of the file than it was asked for.');
  }
}

/** The server gives the whole object for a part of it; side by side, each request would fetch all of it. */
export class RangesIgnored extends NearplayError {
  constructor() {
    super('storage-failed', 'The storage gave the whole file where a part of it was asked for.');
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
 * the answer. A server that ignores ranges begins at 0 where all bytes to the end were asked for.
 *
 * @throws NearplayError RangesIgnored, object-changed (OtherObject), not-a-storage (a proxy answered), damaged (more bytes than the
 *   object has), storage-failed (fewer), timeout, offline, access-denied …
 */
export async function* objectBytes(asked: BytesAsked): AsyncGenerator<Batch, void> {
  const { signal, to } = asked;
  const idle = new IdleLimit(asked.idleMs ?? IDLE_LIMIT_MS);
  let body: Readable | undefined;
  try {
    const answer = await idle.during(() => requestBytes(asked, AbortSignal.any([signal, idle.signal])));
    let position = beginningOf(answer, asked);
    const isEncoded = isEncodedIn(answer);
    asked.answered?.(answer);
    if (!(answer.Body instanceof Readable)) throw new NearplayError('storage-failed');
    body = answer.Body;
    const batches = new BodyBatches(body, () => idle.moved(), asked.whole);
    for (let failure: { cause: unknown } | undefined; ;) {
      let bytes: Uint8Array | undefined;
      try {
        bytes = failure ? batches.rest() : await idle.during(() => batches.next());
      } catch (cause) {
        // What came before a break is not read again.
        failure = { cause };
        bytes = batches.rest();
      }
      if (!bytes) {
        if (failure) throw failure.cause;
        break;
      }
      if (position + bytes.length > to) {
        if (isEncoded) throw new OtherObject(isEncoded);
        throw new NearplayError('damaged', 'More bytes arrived than the file has.');
      }
      yield { position, bytes };
      position += bytes.length;
    }
    if (position < to) {
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

function requestBytes(asked: BytesAsked, abortSignal: AbortSignal) {
  const { client, configuration, object, from, to, answered } = asked;
  const { version, etag } = object;
  const versionId = lastingVersion(version);
  const isToEnd = to === version.size;
  const command = new GetObjectCommand({
    Bucket: configuration.bucket,
    Key: wholeKey(configuration, version.key),
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(etag !== '' && { IfMatch: etag }),
    ...(isToEnd ? from > 0 && { Range: `bytes=${from}-` } : { Range: `bytes=${from}-${to - 1}` }),
  });
  if (answered) askForChecksum(command);
  return client.send(command, { abortSignal });
}

/**
 * Asks for the stored checksum by its header (S3 API Reference, GetObject). By the parameter ChecksumMode the SDK would
 * calculate it as well, in a stream of its own.
 */
function askForChecksum(command: GetObjectCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      if (HttpRequest.isInstance(args.request)) args.request.headers['x-amz-checksum-mode'] = 'ENABLED';
      return next(args);
    },
    { step: 'build', name: 'nearplayChecksumMode' },
  );
}

/**
 * Position at which the body begins. @throws NearplayError when the answer is of another version, or not from the
 * storage
 */
function beginningOf(answer: GetObjectCommandOutput, { object, from, to }: BytesAsked): number {
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
    if (to < size) throw new RangesIgnored();
    // An empty object needs an explicit size: a connection that ends early looks the same.
    if (size === 0 && length === undefined && !object.fingerprint) knownSize(answer);
    return 0;
  }
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? '') ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== size) throw other();
  if (Number(first) !== from || Number(last) !== to - 1) throw new OtherRange();
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

/** Reason of the end of a request that is over. */
const OVER = Symbol('over');

/** Limits the time until the next byte. Time that the disk takes in between does not count. */
class IdleLimit {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isWaiting = false;
  #isLate = false;
  #reject: (reason: NearplayError) => void = () => undefined;

  constructor(limitMs: number) {
    this.#timer = setTimeout(() => this.#late(), limitMs);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#isLate;
  }

  /** One timer for all bytes: a new one for each piece costs more than the piece. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#isWaiting = true;
    this.#timer.refresh();
    const { promise: late, reject } = Promise.withResolvers<never>();
    this.#reject = reject;
    try {
      return await Promise.race([work(), late]);
    } finally {
      this.#isWaiting = false;
    }
  }

  /** A byte came. */
  moved(): void {
    if (this.#isWaiting) this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    // With a reason: without one an error with its stack is made, for each request.
    this.#over.abort(OVER);
  }

  #late(): void {
    if (!this.#isWaiting) return;
    this.#isLate = true;
    this.#over.abort();
    this.#reject(new NearplayError('timeout'));
  }
}

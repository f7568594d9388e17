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
  /** The first byte that is wanted; all from there to the end come. Smaller than the object's size, or 0; 0 of an empty one, too. */
  from: number;
  /** Milliseconds without a byte after which the connection counts as broken. */
  idleMs: number;
  signal: AbortSignal;
}

export interface Piece {
  /** Where in the object the bytes belong. */
  position: number;
  bytes: Uint8Array;
}

/** A server that was asked for a range and gave another one; without a range it may do better. */
export class OtherRange extends NearplayError {
  constructor() {
    super('storage-failed', 'The storage gave another part of the file than it was asked for.');
  }
}

/**
 * An answer that does not fit what HEAD said of the object. It may be another one by now, or something in front of the storage changes
 * its answers: another look tells.
 */
export class OtherObject extends NearplayError {
  /** The answer is one that was compressed (RFC 9110, 8.4), by the storage or on its way. */
  readonly isEncoded: boolean;

  constructor(isEncoded: boolean, cause?: unknown) {
    super('object-changed', undefined, { cause });
    this.isEncoded = isEncoded;
  }
}

/**
 * The bytes of one version of an object, as one connection brings them: pinned by version id and ETag, and checked against
 * what the answer says of itself. A server that ignores ranges begins at 0 whatever was asked.
 *
 * @throws NearplayError object-changed (OtherObject), not-a-storage (something else answered), damaged (more bytes than the object has),
 *   storage-failed (they ended early), timeout, offline, access-denied …
 */
export async function* objectBytes(asked: BytesAsked): AsyncGenerator<Piece, void> {
  const { signal, object } = asked;
  const idle = new IdleLimit(asked.idleMs);
  let body: Readable | undefined;
  try {
    const answer = await idle.during(() => ask(asked, AbortSignal.any([signal, idle.signal])));
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

function ask({ client, configuration, object, from }: BytesAsked, abortSignal: AbortSignal) {
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

/** Where the body of an answer begins. @throws NearplayError when it is not of this version, or not the storage's */
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
    // That there is nothing has to be said: a connection that ends early looks the same.
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

/** Ends what takes longer than it may to bring its next byte. The time that the disk takes in between does not count. */
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

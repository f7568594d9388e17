import { Readable } from 'node:stream';
import { wordsOf } from '../../../../shared/causes/cause.ts';
import { NearplayError } from '../../../../shared/errors.ts';
import { CompositeCrc32 } from '../../content/compositeCrc32.ts';
import type { SentContent } from '../../content/contentVerdict.ts';
import { crc32, toBase64 } from '../../content/crc32.ts';
import { sleep } from '../../runtime/async.ts';
import { factsOf } from '../../runtime/errorFacts.ts';
import type { WriteConditions } from '../../storage/writeConditions.ts';
import { retrying } from '../http/retry.ts';
import { proveArrival } from './arrival.ts';
import { sendWithLibStorage, STREAM_PART_BYTES } from './libStorageUpload.ts';
import { describeObject, numberedKey } from './objectMetadata.ts';
import { receiptOf } from './receipt.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

const MAX_NAMES = 1000;
/**
 * Milliseconds between the end of the stream and the request that creates the object. Ctrl+C reaches all programs of a
 * pipe at once, and the end of the writing program can be seen before the signal is: a cut file must not pass for a
 * whole one.
 */
const GRACE_AFTER_END_MS = 300;
const NOT_NAMED_MESSAGE = 'Stopped before the end. Nothing was uploaded.';
const PERHAPS_NAMED_MESSAGE =
  'Stopped while the storage was giving the file its name. It may be there, perhaps not whole: look at it, and upload it again.';
const UNREADABLE_MESSAGE = 'What comes in could not be read to its end';
const NOTHING_NAMED = 'Nothing was uploaded: run the program that writes it again.';
const EMPTY_MESSAGE =
  'Nothing came in, so nothing was uploaded. If an empty file is meant, say so (--allow-empty on the command line).';

export interface StreamOptions {
  /** Whether an object of 0 bytes is allowed. */
  allowsEmpty: boolean;
  /** Called when the upload begins to wait for the storage (true) or for its source alone (false). */
  asks?: ((isStorage: boolean) => void) | undefined;
}

/** Tracks what a stream waits for: its source only while no request is in flight. */
class Waiting {
  readonly #emit: (isStorage: boolean) => void;
  #isReading = false;
  #requests = 0;
  #emitted: boolean | undefined;

  constructor(emit: (isStorage: boolean) => void = () => undefined) {
    this.#emit = emit;
  }

  reads(isReading: boolean): void {
    this.#isReading = isReading;
    this.#update();
  }

  asks(change: 1 | -1): void {
    this.#requests += change;
    this.#update();
  }

  #update(): void {
    const isStorage = !this.#isReading || this.#requests > 0;
    if (isStorage !== this.#emitted) this.#emit(isStorage);
    this.#emitted = isStorage;
  }
}

/**
 * Uploads a stream of unknown length, once: it cannot be read again, so nothing is resumed, and a conflict is resolved
 * before the first byte. Its multipart upload is in the journal while it lasts.
 *
 * @throws NearplayError conflict when the key is taken and the policy is `ask`, or was taken meanwhile; damaged or
 *   unproved when the object is not proved to be what was read; empty-file for a stream without a byte; cancelled, also
 *   when the signal is aborted a moment after the end of the stream; and errors that retries did not resolve
 */
export async function uploadStream(
  context: UploadContext,
  task: UploadTask,
  source: Readable,
  options: StreamOptions,
): Promise<UploadOutcome> {
  const name: Naming = { isGiven: false };
  try {
    return await sendAndProve(context, task, source, { ...options, name });
  } catch (error) {
    if (!task.signal.aborted) throw error;
    throw new NearplayError('cancelled', name.isGiven ? PERHAPS_NAMED_MESSAGE : NOT_NAMED_MESSAGE, { cause: error });
  }
}

/** Whether the request that creates the object was sent. */
interface Naming {
  isGiven: boolean;
}

async function sendAndProve(
  context: UploadContext,
  task: UploadTask,
  source: Readable,
  { name, ...options }: StreamOptions & { name: Naming },
): Promise<UploadOutcome> {
  const conditions = await context.conditions.known(task.signal);
  if (!(await takeName(context, task))) return { kind: 'skipped', why: 'asked-for' };
  const { progress, signal } = task;
  const { key, path: from } = task.record;
  const wholeKey = context.wholeKey(key);
  const seen: Seen = { size: 0, crc: 0, composite: new CompositeCrc32(STREAM_PART_BYTES) };
  const waiting = new Waiting(options.asks);
  const bytes = watched(source, seen, { ...options, waiting, signal });
  const { completed: answer, expectedEtag } = await send(context, task, bytes, { conditions, name, waiting });
  const [, parts] = /-(\d+)"?$/.exec(answer.etag) ?? [];
  const crc = toBase64(seen.crc);
  const sent: SentContent = {
    size: seen.size,
    crc32: crc,
    composite: seen.composite.digest(),
    etag: () => expectedEtag,
  };
  const arrived = await proveArrival(context, { key, wholeKey, sent, answer, asksAlways: true, signal });
  // Parts are confirmed one by one.
  if (!task.record.upload) progress.confirmed(seen.size);
  const receipt = receiptOf({
    ...{ bucket: context.api.bucket, key: wholeKey, size: seen.size, crc32: crc, parts: Number(parts ?? 1), from },
    ...{ ...arrived, at: context.now() },
  });
  return { kind: 'done', receipt };
}

async function send(
  context: UploadContext,
  task: UploadTask,
  bytes: AsyncIterable<Buffer>,
  { conditions, name, waiting }: { conditions: WriteConditions; name: Naming; waiting: Waiting },
) {
  const { record, progress, signal } = task;
  const wholeKey = context.wholeKey(record.key);
  const mayReplace = record.policy === 'replace';
  const { contentType, metadata } = await describeObject(record.key, { uploader: context.uploader });
  const params = {
    ContentType: contentType,
    Metadata: { ...metadata },
    ChecksumAlgorithm: 'CRC32' as const,
    ChecksumType: context.api.checksumKind,
    ...(!mayReplace && conditions !== 'unsupported' && { IfNoneMatch: '*' }),
  };
  // The source may have taken hours. Not every server that honours conditions does so when it completes parts.
  const looks = !mayReplace;
  return sendWithLibStorage(context, wholeKey, Readable.from(bytes, { objectMode: false }), params, {
    owner: record.id,
    signal,
    sent: (count) => progress.sent(count),
    takenBack: (count) => progress.takenBack(count),
    confirmed: (count) => progress.confirmed(count),
    asks: (change) => waiting.asks(change),
    begun: (upload) => task.updateDurably({ upload }),
    beforeNaming: async () => {
      if (looks) await assertFree(context, task, wholeKey);
      if (signal.aborted) throw new NearplayError('cancelled');
      name.isGiven = true;
    },
  });
}

/** @throws NearplayError conflict */
async function assertFree(context: UploadContext, { record, signal }: UploadTask, wholeKey: string): Promise<void> {
  if (await retrying(context, signal, () => context.api.head(wholeKey, signal))) throw taken(record.key);
}

function taken(key: string): NearplayError {
  return new NearplayError('conflict', `"${key}" is there already.`);
}

/** Size and checksums of the bytes read so far. */
interface Seen {
  size: number;
  crc: number;
  composite: CompositeCrc32;
}

/** Yields the source to its end. @throws NearplayError cancelled, at once, even while no bytes come; empty-file */
async function* watched(
  source: Readable,
  seen: Seen,
  { allowsEmpty, waiting, signal }: Pick<StreamOptions, 'allowsEmpty'> & { waiting: Waiting; signal: AbortSignal },
): AsyncGenerator<Buffer> {
  // Ends a pending read as well.
  const stop = () => void source.destroy();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    waiting.reads(true);
    for await (const chunk of readable(source, signal)) {
      waiting.reads(false);
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      seen.size += bytes.length;
      seen.crc = crc32(bytes, seen.crc);
      seen.composite.update(bytes);
      yield bytes;
      waiting.reads(true);
    }
    waiting.reads(false);
    await sleep(GRACE_AFTER_END_MS, signal);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (seen.size === 0 && !allowsEmpty) throw new NearplayError('empty-file', EMPTY_MESSAGE);
}

/**
 * Yields the chunks of a source whose errors are its own: its codes (EIO, ECONNRESET) would pass for those of the
 * storage further up.
 *
 * @throws NearplayError file-unreadable with the system's words, unless the signal is aborted
 */
async function* readable(source: Readable, signal: AbortSignal): AsyncGenerator {
  try {
    yield* source;
  } catch (cause) {
    if (signal.aborted) throw cause;
    const { code, message } = factsOf(cause);
    const why = code === '' ? '' : ` (${code})`;
    throw new NearplayError('file-unreadable', `${UNREADABLE_MESSAGE}${why}. ${NOTHING_NAMED}`, {
      cause,
      detail: wordsOf(message),
    });
  }
}

/** Chooses the key; false when the policy is to skip. */
async function takeName(context: UploadContext, task: UploadTask): Promise<boolean> {
  const { policy, wanted } = task.record;
  if (policy === 'replace') return true;
  for (let number = 1; number <= MAX_NAMES; number++) {
    const key = number === 1 ? wanted : numberedKey(wanted, number);
    const stored = await retrying(context, task.signal, () => context.api.head(context.wholeKey(key), task.signal));
    if (!stored) {
      if (number > 1) await task.updateDurably({ key });
      return true;
    }
    if (policy === 'skip') return false;
    if (policy === 'ask') break;
  }
  throw taken(wanted);
}

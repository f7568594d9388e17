import { createHash } from 'node:crypto';
import { NearplayError } from '../../../../shared/errors.ts';
import { BEGINNING_BYTES } from '../../content/contentType.ts';
import { type SentContent, verdictOn } from '../../content/contentVerdict.ts';
import { crc32, toBase64 } from '../../content/crc32.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { isIgnorant, isUnsupported, type WriteConditions } from '../../storage/writeConditions.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { Completed } from '../http/s3UploadApi.ts';
import { type Arrived, proveArrival } from './arrival.ts';
import { contradictoryConflict, type Resolution, resolveConflict } from './conflicts.ts';
import { sendWithLibStorage } from './libStorageUpload.ts';
import { describeObject } from './objectMetadata.ts';
import { receiptOf } from './receipt.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

/** Conflicts in a row on keys that HEAD found free. */
const MAX_CONFLICTS = 10;
/** Attempts at an object that is stored damaged. */
const MAX_DAMAGED = 3;

/**
 * Uploads a file in one request. The storage checks its CRC-32 before it stores anything and returns it: that answer is
 * the proof, and no further request is needed. Nothing is recorded beforehand: after a crash the same request is sent
 * again and finds the key taken by an object that names its upload record. After a pause, a lost connection or an
 * answer that proves nothing, HEAD comes first, as it does where conditional writes are not supported.
 *
 * @throws NearplayError as MultipartUpload.run; damaged or unproved when the file is not proved to be stored
 */
export async function uploadInOnePut(
  context: UploadContext,
  task: UploadTask,
  file: StableFile,
): Promise<UploadOutcome> {
  const { signal } = task;
  const { size } = file.identity;
  const buffer = await context.buffers.take(size, signal);
  let isClean = false;
  try {
    await file.readUnchanged(buffer);
    const outcome = await new SinglePutUpload(context, task, file, buffer).run();
    isClean = true;
    return outcome;
  } finally {
    context.buffers.giveBack(buffer, isClean);
  }
}

/** One run of a single-request upload: conflicts, the request, and its proof. */
class SinglePutUpload {
  readonly #context: UploadContext;
  readonly #task: UploadTask;
  readonly #file: StableFile;
  readonly #bytes: Buffer;
  readonly #sent: SentContent;
  /** Whether an existing object is replaced. */
  #replace = false;
  /** The storage answered 501 to a conditional write. */
  #isUnsupported = false;
  /** Last answer that contradicted the sent content, and how often it did. */
  #damaged: { error: NearplayError; times: number } | undefined;

  constructor(context: UploadContext, task: UploadTask, file: StableFile, bytes: Buffer) {
    this.#context = context;
    this.#task = task;
    this.#file = file;
    this.#bytes = bytes;
    // CRC-32 at the time of reading: the storage refuses bytes that change in memory afterwards.
    const etag = () => createHash('md5').update(bytes).digest('hex');
    this.#sent = { size: bytes.length, crc32: toBase64(crc32(bytes)), etag };
  }

  async run(): Promise<UploadOutcome> {
    for (let time = 1; ; time++) {
      const conditions = this.#isUnsupported ? 'unsupported' : await this.#context.conditions.known(this.#task.signal);
      try {
        return await this.#lookAndSend(conditions);
      } catch (error) {
        const outcome = await this.#recover(error, conditions, time);
        if (outcome) return outcome;
      }
    }
  }

  async #lookAndSend(conditions: WriteConditions): Promise<UploadOutcome> {
    if (!this.#replace && (this.#task.record.outcomeUnknown === true || conditions !== 'honoured')) {
      const settled = await this.#resolveName(await this.#existing(conditions));
      if (settled.kind !== 'free') return settled;
      this.#replace = settled.replace;
    }
    return this.#send(conditions);
  }

  /** `undefined` when another attempt is useful. @throws other errors */
  async #recover(error: unknown, conditions: WriteConditions, time: number): Promise<UploadOutcome | undefined> {
    if (!(error instanceof NearplayError)) throw error;
    if (isUnsupported(error) && !this.#replace && conditions !== 'unsupported') {
      this.#context.conditions.areUnsupported();
      this.#isUnsupported = true;
      return undefined;
    }
    // The next attempt begins with HEAD and replaces what this upload has stored.
    if (error === this.#damaged?.error && this.#damaged.times < MAX_DAMAGED) return undefined;
    if (error.code !== 'conflict') throw error;
    const stored = await this.#head();
    if (time >= MAX_CONFLICTS) throw stored ? error : contradictoryConflict(this.#task.record.key, error);
    const settled = await this.#resolveName(stored);
    if (settled.kind !== 'free') return settled;
    this.#replace = settled.replace;
    return undefined;
  }

  /** @param stored `null`: the key is free. */
  async #resolveName(stored: RemoteObject | null): Promise<Resolution> {
    const { record } = this.#task;
    if (!stored) return { kind: 'free', replace: false };
    if (stored.transfer === record.id) {
      // An earlier attempt succeeded and only its answer was lost; or its object is damaged and is replaced.
      const isWhole = verdictOn(stored, this.#sent) === 'proved';
      return isWhole ? this.#done({ object: stored, verifiedBy: 'head' }) : { kind: 'free', replace: true };
    }
    return resolveConflict(this.#context, this.#task, this.#file, stored);
  }

  /** @throws NearplayError access-denied when only HEAD tells whether the key is free */
  async #existing(conditions: WriteConditions): Promise<RemoteObject | null> {
    try {
      return await this.#head();
    } catch (error) {
      const isRefused = error instanceof NearplayError && error.code === 'access-denied';
      if (isRefused && !isIgnorant(conditions)) return null;
      throw error;
    }
  }

  #head(): Promise<RemoteObject | null> {
    const { signal } = this.#task;
    return retrying(this.#context, signal, () => this.#context.api.head(this.#wholeKey(), signal));
  }

  async #send(conditions: WriteConditions): Promise<UploadOutcome> {
    const { progress, record, signal } = this.#task;
    const wholeKey = this.#wholeKey();
    const completed = await this.#sendOnce(wholeKey, conditions);
    try {
      const question = { key: record.key, wholeKey, sent: this.#sent, answer: completed, signal };
      const arrived = await proveArrival(this.#context, question);
      progress.confirmed(this.#bytes.length);
      return this.#done(arrived);
    } catch (error) {
      // The object may be stored all the same: the next attempt begins with HEAD.
      progress.takenBack(this.#bytes.length);
      if (error instanceof NearplayError && error.code === 'damaged') {
        this.#damaged = { error, times: (this.#damaged?.times ?? 0) + 1 };
      }
      throw error;
    }
  }

  /** Only where no object has the key, for any policy: the same content is not uploaded over itself. */
  async #sendOnce(wholeKey: string, conditions: WriteConditions): Promise<Completed> {
    const { record, progress, signal } = this.#task;
    const beginning = this.#bytes.subarray(0, BEGINNING_BYTES);
    const { mtimeNs } = this.#file;
    const { contentType, metadata } = await describeObject(record.key, {
      ...{ mtimeNs, beginning, uploader: this.#context.uploader, transfer: record.id },
    });
    const params = {
      ContentType: contentType,
      Metadata: { ...metadata },
      ChecksumCRC32: this.#sent.crc32,
      ...(!this.#replace && conditions !== 'unsupported' && { IfNoneMatch: '*' }),
    };
    const { completed } = await sendWithLibStorage(this.#context, wholeKey, this.#bytes, params, {
      owner: record.id,
      signal,
      sent: (count) => progress.sent(count),
      takenBack: (count) => progress.takenBack(count),
      confirmed: (count) => progress.confirmed(count),
    });
    return completed;
  }

  #done({ object, verifiedBy }: Arrived): UploadOutcome {
    const { api, now } = this.#context;
    const { crc32: checksum } = this.#sent;
    const key = this.#wholeKey();
    const receipt = receiptOf({
      ...{ bucket: api.bucket, key, object, size: this.#sent.size, crc32: checksum, parts: 1 },
      ...{ from: this.#file.path, verifiedBy, at: now() },
    });
    return { kind: 'done', receipt };
  }

  #wholeKey(): string {
    return this.#context.wholeKey(this.#task.record.key);
  }
}

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
import { type Resolution, resolveConflict, takenThoughFree } from './conflicts.ts';
import { sendWithLibStorage } from './libStorageUpload.ts';
import { describeObject } from './objectMetadata.ts';
import { receiptOf } from './receipt.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

/** Names that were free and then were not. */
const MAX_CONFLICTS = 10;
/** What is in the storage otherwise than it was sent is sent again so often. */
const MAX_DAMAGED = 3;

/**
 * Sends a file in one request. The storage checks its CRC-32 before it keeps anything, and says it again: that answer is the
 * proof, and no further request is needed. Nothing is noted beforehand: after a crash the same request goes out again, and finds
 * the name taken by an object that says which transfer it came from. After a pause, a lost connection or an answer that proves nothing
 * the storage is asked first; so it is where it does not keep conditions on writing.
 *
 * @throws NearplayError as MultipartUpload.run; damaged or unproved when it is not proved that the file is there
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
    await file.read(buffer, 0);
    await file.assertUnchanged();
    const outcome = await new SinglePutUpload(context, task, file, buffer).run();
    isClean = true;
    return outcome;
  } finally {
    context.buffers.giveBack(buffer, isClean);
  }
}

class SinglePutUpload {
  readonly #context: UploadContext;
  readonly #task: UploadTask;
  readonly #file: StableFile;
  readonly #bytes: Buffer;
  readonly #sent: SentContent;
  /** Over the object that has the name. */
  #replace = false;
  /** The storage answered 501 to the condition. */
  #isUnsupported = false;
  /** It did not arrive whole. */
  #damaged: { error: NearplayError; times: number } | undefined;

  constructor(context: UploadContext, task: UploadTask, file: StableFile, bytes: Buffer) {
    this.#context = context;
    this.#task = task;
    this.#file = file;
    this.#bytes = bytes;
    // CRC-32 when they were read: what changes in memory afterwards, the storage refuses.
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
      const settled = await this.#resolveName(await this.#present(conditions));
      if (settled.kind !== 'free') return settled;
      this.#replace = settled.replace;
    }
    return this.#send(conditions);
  }

  /** Nothing when it can be tried again. @throws what it cannot get over */
  async #recover(error: unknown, conditions: WriteConditions, time: number): Promise<UploadOutcome | undefined> {
    if (!(error instanceof NearplayError)) throw error;
    if (isUnsupported(error) && !this.#replace && conditions !== 'unsupported') {
      this.#context.conditions.areUnsupported();
      this.#isUnsupported = true;
      return undefined;
    }
    // The next time begins with a look, and replaces what it finds of this transfer.
    if (error === this.#damaged?.error && this.#damaged.times < MAX_DAMAGED) return undefined;
    if (error.code !== 'conflict') throw error;
    const present = await this.#head();
    if (time >= MAX_CONFLICTS) throw present ? error : takenThoughFree(this.#task.record.key, error);
    const settled = await this.#resolveName(present);
    if (settled.kind !== 'free') return settled;
    this.#replace = settled.replace;
    return undefined;
  }

  /** @param present `null`: the name is free, or is so again. */
  async #resolveName(present: RemoteObject | null): Promise<Resolution> {
    const { record } = this.#task;
    if (!present) return { kind: 'free', replace: false };
    if (present.transfer === record.id) {
      // An earlier attempt came through, and only its answer was lost; or it did not come whole, and is replaced.
      const isWhole = verdictOn(present, this.#sent) === 'proved';
      return isWhole ? this.#done({ object: present, verifiedBy: 'head' }) : { kind: 'free', replace: true };
    }
    return resolveConflict(this.#context, this.#task, this.#file, present);
  }

  /** @throws NearplayError access-denied where only looking tells whether the name is free */
  async #present(conditions: WriteConditions): Promise<RemoteObject | null> {
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
      // Perhaps it is there all the same: whoever tries again looks first.
      progress.takenBack(this.#bytes.length);
      if (error instanceof NearplayError && error.code === 'damaged') {
        this.#damaged = { error, times: (this.#damaged?.times ?? 0) + 1 };
      }
      throw error;
    }
  }

  /** Only where no object has the name, whatever the policy: the same content is not sent over itself. */
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

import { type ErrorCode, NearplayError } from '../../../../shared/errors.ts';
import { type Checksums, compositeOf } from '../../content/compositeCrc32.ts';
import { BEGINNING_BYTES } from '../../content/contentType.ts';
import { etagOfParts, type SentContent, verdictOn } from '../../content/contentVerdict.ts';
import { crc32Combine, toBase64 } from '../../content/crc32.ts';
import { MetadataChanged, type StableFile } from '../../files/stableFile.ts';
import { lingering } from '../../runtime/async.ts';
import { isIgnorant, isUnsupported, type WriteConditions } from '../../storage/writeConditions.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import type { Completed, ObjectDescription, StoredPart } from '../http/s3UploadApi.ts';
import type { UploadRecord, UploadRef } from '../journal/uploadRecord.ts';
import {
  abandonedNow,
  abandoningUpload,
  abortAbandoned,
  findUnconfirmedStart,
  uploadsInProgress,
} from './abortAbandoned.ts';
import { type Arrived, proveArrival } from './arrival.ts';
import { contradictoryConflict, resolveConflict } from './conflicts.ts';
import { describeObject } from './objectMetadata.ts';
import { type PartPlan, planParts } from './partPlan.ts';
import { PartUploader, type SentPart } from './partUploader.ts';
import { receiptOf } from './receipt.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

/** Restarts of an upload; beyond them the cause is not transient. */
const MAX_ROUNDS = 4;
const MAX_COMPLETIONS = 3;
/** Milliseconds that the answer to a start is awaited after an abort: a lost id would have to be searched for. */
const ANSWER_GRACE_MS = 150;

/** The multipart upload is unusable and has to be begun again. */
class StartAgain extends Error {
  readonly reason: NearplayError;

  constructor(reason: NearplayError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** All parts of the file as stored. */
interface WholeObject extends Checksums {
  parts: SentPart[];
  /** Expected ETag where ETags are MD5s; only where the storage returns no checksums. */
  etag?: string;
}

/** Expected properties of the completed object. */
type Completing = NonNullable<UploadRecord['completing']>;

/**
 * Uploads one file as a multipart upload that survives the process: its id is in the journal before the first part, and
 * after a restart only missing parts are sent. At most one upload is begun at a time, and it is completed once,
 * whichever answers are lost.
 */
export class MultipartUpload {
  readonly #context: UploadContext;
  readonly #task: UploadTask;
  readonly #file: StableFile;
  /** Whether an existing object is replaced, by decision of the user or of the policy. */
  #replace: boolean;
  /** The storage answered 501 to a conditional write. */
  #isUnsupported = false;

  constructor(context: UploadContext, task: UploadTask, file: StableFile) {
    this.#context = context;
    this.#task = task;
    this.#file = file;
    this.#replace = task.record.policy === 'replace';
  }

  /**
   * @throws NearplayError conflict when the user has to decide, file-changed and file-unreadable for the file,
   *   disk-full for the journal, cancelled, and errors that retries did not resolve (offline, credentials-expired, …);
   *   the parts are kept.
   */
  async run(): Promise<UploadOutcome> {
    for (let round = 1; ; round++) {
      try {
        return await this.#runOnce();
      } catch (error) {
        if (!(error instanceof StartAgain)) throw error;
        await this.#giveUp();
        if (round >= MAX_ROUNDS) throw error.reason;
        this.#context.log.warn('Upload restarted', { key: this.#task.record.key, reason: error.reason.code });
      }
    }
  }

  async #runOnce(): Promise<UploadOutcome> {
    const isNew = this.#task.record.upload === undefined;
    const begun = await this.#begin();
    if ('kind' in begun) return begun;
    const plan = planParts(this.#file.identity.size, this.#task.record.partSize);
    for (let time = 1; ; time++) {
      const stored = isNew && time === 1 ? new Map<number, StoredPart>() : await this.#storedParts(begun);
      if (!(stored instanceof Map)) return stored;
      const whole = await this.#send(begun, plan, stored);
      const outcome = await this.#complete(begun, whole, time >= MAX_COMPLETIONS);
      if (outcome !== 'parts-missing') return outcome;
    }
  }

  /** The multipart upload to continue, or a new one; an outcome when there is nothing to send. */
  async #begin(): Promise<UploadRef | UploadOutcome> {
    const { record } = this.#task;
    const known = record.upload ?? record.unconfirmedStart;
    // The main storage, or its prefix, has changed since.
    if (known && !this.#context.isHere(known, record.key)) throw new StartAgain(new NearplayError('no-such-upload'));
    if (record.upload) return record.upload;
    const outcome = record.unconfirmedStart ? undefined : await this.#settleName();
    return outcome ?? (await this.#beginUpload());
  }

  async #settleName(): Promise<UploadOutcome | undefined> {
    const conditions = await this.#context.conditions.known(this.#task.signal);
    const stored = await this.#existing(conditions);
    if (!stored) return undefined;
    const resolution = await resolveConflict(this.#context, this.#task, this.#file, stored);
    if (resolution.kind !== 'free') return resolution;
    this.#replace = resolution.replace;
    return undefined;
  }

  /**
   * The start is on disk before the request, the id before the first part: when the answer is lost, or the process ends
   * in between, the upload is found again instead of a second one being begun.
   */
  async #beginUpload(): Promise<UploadRef> {
    const { api } = this.#context;
    const { signal, record } = this.#task;
    const wholeKey = this.#wholeKey();
    const { partSize } = planParts(this.#file.identity.size);
    const { mtimeNs } = this.#file;
    const beginning = Buffer.alloc(BEGINNING_BYTES);
    await this.#file.read(beginning, 0);
    const description = await describeObject(record.key, { mtimeNs, beginning, uploader: this.#context.uploader });
    return this.#retrying(async () => {
      const { unconfirmedStart } = this.#task.record;
      const found = unconfirmedStart ? await findUnconfirmedStart(api, unconfirmedStart, signal) : undefined;
      const upload = found ?? (await this.#create(wholeKey, description));
      await this.#task.updateDurably({ upload, partSize, unconfirmedStart: undefined });
      return upload;
    });
  }

  async #create(wholeKey: string, description: ObjectDescription): Promise<UploadRef> {
    const { api, storageNow } = this.#context;
    const { signal } = this.#task;
    const others = await uploadsInProgress(api, wholeKey, signal);
    const unconfirmedStart = { ...api.place, wholeKey, at: storageNow(), ...(others && { others }) };
    await this.#task.updateDurably({ unconfirmedStart });
    return api.create(wholeKey, description, lingering(signal, ANSWER_GRACE_MS));
  }

  /** The stored parts; an outcome when the upload proves to be complete. */
  async #storedParts(upload: UploadRef): Promise<Map<number, StoredPart> | UploadOutcome> {
    try {
      const parts = await this.#retrying(() => this.#context.api.listParts(upload, this.#task.signal));
      return new Map(parts.map((part) => [part.number, part]));
    } catch (error) {
      if (!isGone(error)) throw error;
      const { completing } = this.#task.record;
      const done = completing && (await this.#completedBefore(upload, completing));
      if (done) return done;
      throw new StartAgain(error);
    }
  }

  async #send(upload: UploadRef, plan: PartPlan, stored: ReadonlyMap<number, StoredPart>): Promise<WholeObject> {
    try {
      const parts = await new PartUploader(this.#context, this.#task, this.#file).send(upload, plan, stored);
      const whole = parts.reduce((crc, { checksum, size }) => crc32Combine(crc, checksum, size), 0);
      const md5s = parts.flatMap(({ md5 }) => (md5 === undefined ? [] : [md5]));
      const etag = md5s.length === parts.length ? { etag: etagOfParts(md5s) } : {};
      return { parts, crc32: toBase64(whole), composite: compositeOf(parts.map(({ checksum }) => checksum)), ...etag };
    } catch (error) {
      // Aborted meanwhile, by a lifecycle rule or another client.
      if (isGone(error)) throw new StartAgain(error);
      if (isChanged(error)) await this.#giveUp();
      throw error;
    }
  }

  /**
   * Completes the upload; `parts-missing` when the storage lacks parts that it had confirmed: they have to be listed
   * and sent again.
   */
  async #complete(
    upload: UploadRef,
    whole: WholeObject,
    isLastTime: boolean,
  ): Promise<UploadOutcome | 'parts-missing'> {
    await this.#assertUnchanged();
    await this.#task.updateDurably({ completing: completingOf(whole) });
    for (;;) {
      const conditions = this.#isUnsupported ? 'unsupported' : await this.#context.conditions.known(this.#task.signal);
      try {
        return await this.#retrying(() => this.#completeOnce(upload, whole, conditions));
      } catch (error) {
        if (isGone(error)) throw new StartAgain(error);
        if (!(error instanceof NearplayError)) throw error;
        if (isUnsupported(error) && !this.#replace && conditions !== 'unsupported') {
          this.#context.conditions.areUnsupported();
          this.#isUnsupported = true;
          continue;
        }
        if (error.code === 'damaged' && !isLastTime) return 'parts-missing';
        if (error.code === 'damaged') throw new StartAgain(error);
        if (error.code !== 'conflict') throw error;
        const outcome = await this.#settleLateConflict(upload, whole, error);
        if (outcome) return outcome;
      }
    }
  }

  async #completeOnce(upload: UploadRef, whole: WholeObject, conditions: WriteConditions): Promise<UploadOutcome> {
    const { signal } = this.#task;
    const { size } = this.#file.identity;
    if (!this.#replace) await this.#assertFree(conditions);
    const onlyIfFree = !this.#replace && conditions !== 'unsupported';
    try {
      const completed = await this.#context.api.complete(upload, { ...whole, size, onlyIfFree }, signal);
      return await this.#verified(upload, completed, whole);
    } catch (error) {
      if (!isUncertain(error)) throw error;
      // The answer alone may have been lost.
      const done = await this.#completedBefore(upload, completingOf(whole));
      if (!done) throw error;
      return done;
    }
  }

  /**
   * Checks that no other client has taken the key meanwhile. Whatever is known of conditions: servers exist that honour
   * them on PutObject, which is what the probe asks, and ignore them on CompleteMultipartUpload.
   *
   * @throws NearplayError conflict; access-denied when only HEAD protects an existing object
   */
  async #assertFree(conditions: WriteConditions): Promise<void> {
    const { signal } = this.#task;
    try {
      if (await this.#context.api.head(this.#wholeKey(), signal)) throw new NearplayError('conflict');
    } catch (error) {
      const isDenied = error instanceof NearplayError && error.code === 'access-denied';
      if (!isDenied || isIgnorant(conditions)) throw error;
    }
  }

  /** Checks the stored object by HEAD, even after a successful answer. @throws NearplayError damaged, unproved */
  async #verified(upload: UploadRef, answer: Completed, whole: WholeObject): Promise<UploadOutcome> {
    const { record, signal } = this.#task;
    const completing = completingOf(whole);
    const place = { key: record.key, wholeKey: upload.wholeKey };
    const sent = this.#sent(completing);
    const arrived = await proveArrival(this.#context, { ...place, sent, answer, asksAlways: true, signal });
    return this.#done(upload, arrived, completing);
  }

  #sent({ crc32, composite, etag }: Completing): SentContent {
    return { size: this.#file.identity.size, crc32, composite, etag: () => etag };
  }

  #isWhole(object: RemoteObject, completing: Completing): boolean {
    return verdictOn(object, this.#sent(completing)) === 'proved';
  }

  /** The receipt, when the object is stored as it was sent: an earlier completion succeeded. */
  async #completedBefore(upload: UploadRef, sent: Completing): Promise<UploadOutcome | undefined> {
    const stored = await this.#head(upload.wholeKey);
    if (!stored || !this.#isWhole(stored, sent)) return undefined;
    // The object may be another client's with the same content; this upload must not remain.
    await this.#giveUp();
    return this.#done(upload, { object: stored, verifiedBy: 'head' }, sent);
  }

  /** Resolves a conflict that arose during the upload. */
  async #settleLateConflict(
    upload: UploadRef,
    whole: WholeObject,
    conflict: NearplayError,
  ): Promise<UploadOutcome | undefined> {
    const stored = await this.#head(this.#wholeKey(), conflict);
    if (!stored) throw contradictoryConflict(this.#task.record.key, conflict);
    const isOurs = await this.#isGone(upload);
    const sent = completingOf(whole);
    if (isOurs && this.#isWhole(stored, sent)) return this.#done(upload, { object: stored, verifiedBy: 'head' }, sent);
    const resolution = await resolveConflict(this.#context, this.#task, this.#file, stored);
    if (resolution.kind !== 'free') {
      await this.#giveUp();
      return resolution;
    }
    if (!resolution.replace) throw new StartAgain(conflict);
    this.#replace = true;
    return undefined;
  }

  async #isGone(upload: UploadRef): Promise<boolean> {
    try {
      await this.#retrying(() => this.#context.api.listParts(upload, this.#task.signal));
      return false;
    } catch (error) {
      if (isGone(error)) return true;
      throw error;
    }
  }

  /** The receipt names the storage and key of the multipart upload. */
  #done({ bucket, wholeKey: key }: UploadRef, arrived: Arrived, { crc32, parts }: Completing): UploadOutcome {
    const from = this.#file.path;
    const { size } = this.#file.identity;
    const receipt = receiptOf({ bucket, key, ...arrived, size, crc32, parts, from, at: this.#context.now() });
    return { kind: 'done', receipt };
  }

  /** Abandons the multipart upload: recorded first, so that it is aborted even if the process ends before. */
  async #giveUp(): Promise<void> {
    const task = this.#task;
    task.progress.startedOver();
    await task.updateDurably(abandoningUpload(task.record));
    const before = task.record;
    const rest = await abortAbandoned(this.#context.apiAt, before, this.#context.sleep, task.signal);
    await task.updateDurably(abandonedNow(before, rest, task.record));
  }

  async #assertUnchanged(): Promise<void> {
    try {
      await this.#file.assertUnchanged();
    } catch (error) {
      if (isChanged(error)) await this.#giveUp();
      throw error;
    }
  }

  /** @throws NearplayError access-denied when only HEAD protects an existing object */
  #existing(conditions: WriteConditions): Promise<RemoteObject | null> {
    const wholeKey = this.#wholeKey();
    if (this.#replace || !isIgnorant(conditions)) return this.#head(wholeKey);
    return this.#retrying(() => this.#context.api.head(wholeKey, this.#task.signal));
  }

  /** `null` also when HEAD is not permitted: conditional writes protect the key then. */
  async #head(wholeKey: string, unseen?: NearplayError): Promise<RemoteObject | null> {
    try {
      return await this.#retrying(() => this.#context.api.head(wholeKey, this.#task.signal));
    } catch (error) {
      if (!(error instanceof NearplayError && error.code === 'access-denied')) throw error;
      if (unseen) throw unseen;
      return null;
    }
  }

  #wholeKey(): string {
    return this.#context.wholeKey(this.#task.record.key);
  }

  #retrying<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return retrying(this.#context, this.#task.signal, work);
  }
}

/**
 * False for a change of metadata alone, after which the parts are kept: each is compared with the file when the upload
 * goes on.
 */
function isChanged(error: unknown): boolean {
  return error instanceof NearplayError && error.code === 'file-changed' && !(error instanceof MetadataChanged);
}

function isGone(error: unknown): error is NearplayError {
  return error instanceof NearplayError && error.code === 'no-such-upload';
}

const UNCERTAIN: ReadonlySet<ErrorCode> = new Set([
  ...(['no-such-upload', 'offline', 'timeout', 'storage-failed', 'not-a-storage'] as const),
]);

/** Whether a failed request may have been carried out. */
function isUncertain(error: unknown): boolean {
  return error instanceof NearplayError && UNCERTAIN.has(error.code);
}

function completingOf({ crc32, composite, etag, parts }: WholeObject): Completing {
  return { crc32, composite, ...(etag !== undefined && { etag }), parts: parts.length };
}

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
import { resolveConflict, takenThoughFree } from './conflicts.ts';
import { describeObject } from './objectMetadata.ts';
import { type PartPlan, planParts } from './partPlan.ts';
import { PartUploader, type SentPart } from './partUploader.ts';
import { receiptOf } from './receipt.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

/** Beyond this something else is wrong than bad luck. */
const MAX_ROUNDS = 4;
const MAX_COMPLETIONS = 3;
/** Milliseconds that an answer is waited for after the user's word; an id that was thrown away would have to be searched. */
const ANSWER_GRACE_MS = 150;

/** The multipart upload is of no use any more: it has to be begun again. */
class StartAgain extends Error {
  readonly reason: NearplayError;

  constructor(reason: NearplayError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** Every part of the file as the storage has it. */
interface WholeObject extends Checksums {
  parts: SentPart[];
  /** What the ETag is where ETags are MD5s; only where the storage says no checksums. */
  etag?: string;
}

/** What the object will be known by once it is complete. */
type Completing = NonNullable<UploadRecord['completing']>;

/**
 * Sends one file as a multipart upload that survives the process: its id is in the journal before the first part, and
 * after a restart only what the storage lacks is sent. Begun at most once at a time; completed once, whatever answers are
 * lost.
 */
export class MultipartUpload {
  readonly #context: UploadContext;
  readonly #task: UploadTask;
  readonly #file: StableFile;
  /** Over an object that has the name, because the user or the policy said so. */
  #replace: boolean;
  /** The storage answered 501 to the condition. */
  #isUnsupported = false;

  constructor(context: UploadContext, task: UploadTask, file: StableFile) {
    this.#context = context;
    this.#task = task;
    this.#file = file;
    this.#replace = task.record.policy === 'replace';
  }

  /**
   * @throws NearplayError conflict when the user has to be asked, file-changed and file-unreadable for the file, disk-full for
   *   the journal, cancelled, and whatever repetition did not cure (offline, credentials-expired, …); the parts are kept.
   */
  async run(): Promise<UploadOutcome> {
    for (let round = 1; ; round++) {
      try {
        return await this.#runOnce();
      } catch (error) {
        if (!(error instanceof StartAgain)) throw error;
        await this.#giveUp();
        if (round >= MAX_ROUNDS) throw error.reason;
        this.#context.log.warn('An upload starts again', { key: this.#task.record.key, reason: error.reason.code });
      }
    }
  }

  async #runOnce(): Promise<UploadOutcome> {
    const isNew = this.#task.record.upload === undefined;
    const begun = await this.#begin();
    if ('kind' in begun) return begun;
    const plan = planParts(this.#file.identity.size, this.#task.record.partSize);
    for (let time = 1; ; time++) {
      const present = isNew && time === 1 ? new Map<number, StoredPart>() : await this.#present(begun);
      if (!(present instanceof Map)) return present;
      const whole = await this.#send(begun, plan, present);
      const outcome = await this.#complete(begun, whole, time >= MAX_COMPLETIONS);
      if (outcome !== 'parts-missing') return outcome;
    }
  }

  /** The multipart upload that goes on, or begins; an outcome when there is nothing to send. */
  async #begin(): Promise<UploadRef | UploadOutcome> {
    const { record } = this.#task;
    const known = record.upload ?? record.unconfirmedStart;
    // The studio's main storage, or its folder there, is another one now.
    if (known && !this.#context.isHere(known, record.key)) throw new StartAgain(new NearplayError('no-such-upload'));
    if (record.upload) return record.upload;
    const outcome = record.unconfirmedStart ? undefined : await this.#settleName();
    return outcome ?? (await this.#beginUpload());
  }

  async #settleName(): Promise<UploadOutcome | undefined> {
    const conditions = await this.#context.conditions.known(this.#task.signal);
    const present = await this.#look(conditions);
    if (!present) return undefined;
    const resolution = await resolveConflict(this.#context, this.#task, this.#file, present);
    if (resolution.kind !== 'free') return resolution;
    this.#replace = resolution.replace;
    return undefined;
  }

  /**
   * The start is on disk before the request, the id before the first part: if the answer is lost, or this process ends
   * in between, the upload that was begun is found again instead of a second one beginning.
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

  /** What the storage has of it; an outcome when it turns out to be complete. */
  async #present(upload: UploadRef): Promise<Map<number, StoredPart> | UploadOutcome> {
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

  async #send(upload: UploadRef, plan: PartPlan, present: ReadonlyMap<number, StoredPart>): Promise<WholeObject> {
    try {
      const parts = await new PartUploader(this.#context, this.#task, this.#file).send(upload, plan, present);
      const whole = parts.reduce((crc, { checksum, size }) => crc32Combine(crc, checksum, size), 0);
      const md5s = parts.flatMap(({ md5 }) => (md5 === undefined ? [] : [md5]));
      const etag = md5s.length === parts.length ? { etag: etagOfParts(md5s) } : {};
      return { parts, crc32: toBase64(whole), composite: compositeOf(parts.map(({ checksum }) => checksum)), ...etag };
    } catch (error) {
      // Gone in mid upload: aborted by a lifecycle rule or by somebody.
      if (isGone(error)) throw new StartAgain(error);
      if (isChanged(error)) await this.#giveUp();
      throw error;
    }
  }

  /** `parts-missing` when the storage lacks what it had confirmed: then parts have to be listed and sent again. */
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
    if (!this.#replace && isIgnorant(conditions)) await this.#assertFree();
    const onlyIfFree = !this.#replace && conditions !== 'unsupported';
    try {
      const completed = await this.#context.api.complete(upload, { ...whole, size, onlyIfFree }, signal);
      return await this.#verified(upload, completed, whole);
    } catch (error) {
      if (!isUncertain(error)) throw error;
      // Perhaps only the answer was lost.
      const done = await this.#completedBefore(upload, completingOf(whole));
      if (!done) throw error;
      return done;
    }
  }

  /** Where no condition keeps the name that somebody may have taken while this file was sent. @throws NearplayError conflict */
  async #assertFree(): Promise<void> {
    const { signal } = this.#task;
    const present = await this.#context.api.head(this.#wholeKey(), signal);
    if (present) throw new NearplayError('conflict');
  }

  /** Asks the storage for what it has now, even if it said that all is well. @throws NearplayError damaged, unproved */
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

  /** The receipt, when the object is there as it was sent: an earlier request to complete it came through. */
  async #completedBefore(upload: UploadRef, sent: Completing): Promise<UploadOutcome | undefined> {
    const present = await this.#head(upload.wholeKey);
    if (!present || !this.#isWhole(present, sent)) return undefined;
    // Should it be somebody else's object of the same content, ours must not stay behind.
    await this.#giveUp();
    return this.#done(upload, { object: present, verifiedBy: 'head' }, sent);
  }

  /** Somebody took the name while this file was sent. */
  async #settleLateConflict(
    upload: UploadRef,
    whole: WholeObject,
    conflict: NearplayError,
  ): Promise<UploadOutcome | undefined> {
    const present = await this.#head(this.#wholeKey(), conflict);
    if (!present) throw takenThoughFree(this.#task.record.key, conflict);
    const isOurs = await this.#isGone(upload);
    const sent = completingOf(whole);
    if (isOurs && this.#isWhole(present, sent))
      return this.#done(upload, { object: present, verifiedBy: 'head' }, sent);
    const resolution = await resolveConflict(this.#context, this.#task, this.#file, present);
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

  /** The receipt names the place that the upload was bound to. */
  #done({ bucket, wholeKey: key }: UploadRef, arrived: Arrived, { crc32, parts }: Completing): UploadOutcome {
    const from = this.#file.path;
    const { size } = this.#file.identity;
    const receipt = receiptOf({ bucket, key, ...arrived, size, crc32, parts, from, at: this.#context.now() });
    return { kind: 'done', receipt };
  }

  /** Lets go of the multipart upload: noted first, so that it is aborted even if this process ends before. */
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

  /** @throws NearplayError access-denied where only looking keeps what has the name */
  #look(conditions: WriteConditions): Promise<RemoteObject | null> {
    const wholeKey = this.#wholeKey();
    if (this.#replace || !isIgnorant(conditions)) return this.#head(wholeKey);
    return this.#retrying(() => this.#context.api.head(wholeKey, this.#task.signal));
  }

  /**
   * `null` too where looking is not permitted: then conditions on writing have to do.
   *
   * @param unseen thrown where looking is not permitted.
   */
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

/** Of a file that was only touched the parts are kept: each is compared with what the file has when it goes on. */
function isChanged(error: unknown): boolean {
  return error instanceof NearplayError && error.code === 'file-changed' && !(error instanceof MetadataChanged);
}

function isGone(error: unknown): error is NearplayError {
  return error instanceof NearplayError && error.code === 'no-such-upload';
}

const UNCERTAIN: ReadonlySet<ErrorCode> = new Set([
  ...(['no-such-upload', 'offline', 'timeout', 'storage-failed', 'not-a-storage'] as const),
]);

/** Whether a request may have been carried out although it failed. */
function isUncertain(error: unknown): boolean {
  return error instanceof NearplayError && UNCERTAIN.has(error.code);
}

function completingOf({ crc32, composite, etag, parts }: WholeObject): Completing {
  return { crc32, composite, ...(etag !== undefined && { etag }), parts: parts.length };
}

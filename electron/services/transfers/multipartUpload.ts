import { NearplayError, type ErrorCode } from '../../../shared/errors.ts';
import { isIgnorant, isUnsupported, type WriteConditions } from '../writeConditions.ts';
import { proveArrival, type Arrived } from './arrival.ts';
import { etagOfParts, standingOf, type Sent } from './standing.ts';
import { compositeOf, type Checksums } from './compositeCrc32.ts';
import { resolveConflict } from './conflicts.ts';
import { BEGINNING } from './contentType.ts';
import { crc32Combine, toBase64 } from './crc32.ts';
import { Touched, type SteadyFile } from './fileIdentity.ts';
import { describeObject } from './objectNames.ts';
import { cleanUp, findBegun, leftNow, uploadsBefore, withoutUpload } from './orphans.ts';
import { planParts, type PartPlan } from './partPlan.ts';
import { PartsOnTheWay, type SentPart } from './partsOnTheWay.ts';
import type { PresentObject } from './presentObject.ts';
import { receiptOf } from './receipt.ts';
import { retrying } from './retrying.ts';
import { lingering } from './sleep.ts';
import type { TransferRecord, UploadRef } from './transferRecord.ts';
import type { Completed, ObjectDescription, PresentPart } from './uploadCalls.ts';
import type { UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';

/** Beyond this something else is wrong than bad luck. */
const ROUNDS = 4;
const COMPLETIONS = 3;
/** Milliseconds that an answer is waited for after the user's word; an id that was thrown away would have to be searched. */
const ANSWER_WAITS = 150;

/** The multipart upload is of no use any more: it has to be begun again. */
class Useless extends Error {
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
type Completing = NonNullable<TransferRecord['completing']>;

/**
 * Sends one file as a multipart upload that survives the process: its id is in the journal before the first part, and
 * after a restart only what the storage lacks is sent. Begun at most once at a time; completed once, whatever answers are
 * lost.
 */
export class MultipartUpload {
  readonly #needs: UploadNeeds;
  readonly #task: UploadTask;
  readonly #file: SteadyFile;
  /** Over an object that has the name, because the user or the policy said so. */
  #replace: boolean;
  /** The storage answered 501 to the condition. */
  #isUnsupported = false;

  constructor(needs: UploadNeeds, task: UploadTask, file: SteadyFile) {
    this.#needs = needs;
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
        if (!(error instanceof Useless)) throw error;
        await this.#giveUp();
        if (round >= ROUNDS) throw error.reason;
        this.#needs.log.warn('An upload starts again', { key: this.#task.record.key, reason: error.reason.code });
      }
    }
  }

  async #runOnce(): Promise<UploadOutcome> {
    const isNew = this.#task.record.upload === undefined;
    const begun = await this.#begin();
    if ('kind' in begun) return begun;
    const plan = planParts(this.#file.identity.size, this.#task.record.partSize);
    for (let time = 1; ; time++) {
      const present = isNew && time === 1 ? new Map<number, PresentPart>() : await this.#present(begun);
      if (!(present instanceof Map)) return present;
      const whole = await this.#send(begun, plan, present);
      const outcome = await this.#complete(begun, whole, time >= COMPLETIONS);
      if (outcome !== 'parts-missing') return outcome;
    }
  }

  /** The multipart upload that goes on, or begins; an outcome when there is nothing to send. */
  async #begin(): Promise<UploadRef | UploadOutcome> {
    const { record } = this.#task;
    const known = record.upload ?? record.intent;
    // The studio's main storage, or its folder there, is another one now.
    if (known && !this.#needs.isHere(known, record.key)) throw new Useless(new NearplayError('no-such-upload'));
    if (record.upload) return record.upload;
    const outcome = record.intent ? undefined : await this.#settleName();
    return outcome ?? (await this.#beginUpload());
  }

  async #settleName(): Promise<UploadOutcome | undefined> {
    const conditions = await this.#needs.conditions.known(this.#task.signal);
    const present = await this.#look(conditions);
    if (!present) return undefined;
    const resolution = await resolveConflict(this.#needs, this.#task, this.#file, present);
    if (resolution.kind !== 'free') return resolution;
    this.#replace = resolution.replace;
    return undefined;
  }

  /**
   * The intent is on disk before the request, the id before the first part: if the answer is lost, or this process ends
   * in between, the upload that was begun is found again instead of a second one beginning.
   */
  async #beginUpload(): Promise<UploadRef> {
    const { calls } = this.#needs;
    const { signal, record } = this.#task;
    const wholeKey = this.#wholeKey();
    const { partSize } = planParts(this.#file.identity.size);
    const { mtimeNs } = this.#file;
    const beginning = Buffer.alloc(BEGINNING);
    await this.#file.read(beginning, 0);
    const description = await describeObject(record.key, { mtimeNs, beginning, uploader: this.#needs.uploader });
    return this.#retrying(async () => {
      const { intent } = this.#task.record;
      const found = intent ? await findBegun(calls, intent, signal) : undefined;
      const upload = found ?? (await this.#create(wholeKey, description));
      await this.#task.save({ upload, partSize, intent: undefined });
      return upload;
    });
  }

  async #create(wholeKey: string, description: ObjectDescription): Promise<UploadRef> {
    const { calls, storageNow } = this.#needs;
    const { signal } = this.#task;
    const others = await uploadsBefore(calls, wholeKey, signal);
    const intent = { ...calls.place, wholeKey, at: storageNow(), ...(others && { others }) };
    await this.#task.save({ intent });
    return calls.create(wholeKey, description, lingering(signal, ANSWER_WAITS));
  }

  /** What the storage has of it; an outcome when it turns out to be complete. */
  async #present(upload: UploadRef): Promise<Map<number, PresentPart> | UploadOutcome> {
    try {
      const parts = await this.#retrying(() => this.#needs.calls.listParts(upload, this.#task.signal));
      return new Map(parts.map((part) => [part.number, part]));
    } catch (error) {
      if (!isGone(error)) throw error;
      const { completing } = this.#task.record;
      const done = completing && (await this.#completedBefore(upload, completing));
      if (done) return done;
      throw new Useless(error);
    }
  }

  async #send(upload: UploadRef, plan: PartPlan, present: ReadonlyMap<number, PresentPart>): Promise<WholeObject> {
    try {
      const parts = await new PartsOnTheWay(this.#needs, this.#task, this.#file).send(upload, plan, present);
      const whole = parts.reduce((crc, { checksum, size }) => crc32Combine(crc, checksum, size), 0);
      const md5s = parts.flatMap(({ md5 }) => (md5 === undefined ? [] : [md5]));
      const etag = md5s.length === parts.length ? { etag: etagOfParts(md5s) } : {};
      return { parts, crc32: toBase64(whole), composite: compositeOf(parts.map(({ checksum }) => checksum)), ...etag };
    } catch (error) {
      // Gone in mid upload: aborted by a lifecycle rule or by somebody.
      if (isGone(error)) throw new Useless(error);
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
    await this.#task.save({ completing: completingOf(whole) });
    for (;;) {
      const conditions = this.#isUnsupported ? 'unsupported' : await this.#needs.conditions.known(this.#task.signal);
      try {
        return await this.#retrying(() => this.#completeOnce(upload, whole, conditions));
      } catch (error) {
        if (isGone(error)) throw new Useless(error);
        if (!(error instanceof NearplayError)) throw error;
        if (isUnsupported(error) && !this.#replace && conditions !== 'unsupported') {
          this.#needs.conditions.areUnsupported();
          this.#isUnsupported = true;
          continue;
        }
        if (error.code === 'damaged' && !isLastTime) return 'parts-missing';
        if (error.code === 'damaged') throw new Useless(error);
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
      const completed = await this.#needs.calls.complete(upload, { ...whole, size, onlyIfFree }, signal);
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
    const present = await this.#needs.calls.head(this.#wholeKey(), signal);
    if (present) throw new NearplayError('conflict');
  }

  /** Asks the storage for what it has now, even if it said that all is well. @throws NearplayError damaged, unproved */
  async #verified(upload: UploadRef, answer: Completed, whole: WholeObject): Promise<UploadOutcome> {
    const { record, signal } = this.#task;
    const completing = completingOf(whole);
    const place = { key: record.key, wholeKey: upload.wholeKey };
    const sent = this.#sent(completing);
    const arrived = await proveArrival(this.#needs, { ...place, sent, answer, asksAlways: true, signal });
    return this.#done(upload, arrived, completing);
  }

  #sent({ crc32, composite, etag }: Completing): Sent {
    return { size: this.#file.identity.size, crc32, composite, etag: () => etag };
  }

  #isWhole(object: PresentObject, completing: Completing): boolean {
    return standingOf(object, this.#sent(completing)) === 'proved';
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
    const present = await this.#head(this.#wholeKey());
    // Gone again, or not ours to see.
    if (!present) throw conflict;
    const isOurs = await this.#isGone(upload);
    const sent = completingOf(whole);
    if (isOurs && this.#isWhole(present, sent))
      return this.#done(upload, { object: present, verifiedBy: 'head' }, sent);
    const resolution = await resolveConflict(this.#needs, this.#task, this.#file, present);
    if (resolution.kind !== 'free') {
      await this.#giveUp();
      return resolution;
    }
    if (!resolution.replace) throw new Useless(conflict);
    this.#replace = true;
    return undefined;
  }

  async #isGone(upload: UploadRef): Promise<boolean> {
    try {
      await this.#retrying(() => this.#needs.calls.listParts(upload, this.#task.signal));
      return false;
    } catch (error) {
      if (isGone(error)) return true;
      throw error;
    }
  }

  /** The receipt names the place that the upload was bound to. */
  #done({ bucket, wholeKey: key }: UploadRef, arrived: Arrived, { crc32, parts }: Completing): UploadOutcome {
    const from = this.#file.path;
    const receipt = receiptOf({ bucket, key, ...arrived, crc32, parts, from, at: this.#needs.now() });
    return { kind: 'done', receipt };
  }

  /** Lets go of the multipart upload: noted first, so that it is aborted even if this process ends before. */
  async #giveUp(): Promise<void> {
    const task = this.#task;
    task.progress.startedOver();
    await task.save(withoutUpload(task.record));
    const before = task.record;
    const rest = await cleanUp(this.#needs.callsAt, before, this.#needs.sleep, task.signal);
    await task.save(leftNow(before, rest, task.record));
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
  #look(conditions: WriteConditions): Promise<PresentObject | null> {
    const wholeKey = this.#wholeKey();
    if (this.#replace || !isIgnorant(conditions)) return this.#head(wholeKey);
    return this.#retrying(() => this.#needs.calls.head(wholeKey, this.#task.signal));
  }

  /** `null` too where looking is not permitted: then conditions on writing have to do. */
  async #head(wholeKey: string): Promise<PresentObject | null> {
    try {
      return await this.#retrying(() => this.#needs.calls.head(wholeKey, this.#task.signal));
    } catch (error) {
      if (error instanceof NearplayError && error.code === 'access-denied') return null;
      throw error;
    }
  }

  #wholeKey(): string {
    return this.#needs.wholeKey(this.#task.record.key);
  }

  #retrying<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return retrying(this.#needs, this.#task.signal, work);
  }
}

/** Of a file that was only touched the parts are kept: each is compared with what the file has when it goes on. */
function isChanged(error: unknown): boolean {
  return error instanceof NearplayError && error.code === 'file-changed' && !(error instanceof Touched);
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

import { isOver } from '../../../shared/ipc.ts';
import { makeRoom } from '../../../shared/queueOrder.ts';
import type { GrowingFiles } from './growingFiles.ts';
import { isStream } from './newRecords.ts';
import type { LonelyWaits } from './lonelyWaits.ts';
import type { JobBook } from './jobBook.ts';
import type { JobStates } from './jobStates.ts';
import { withoutUpload } from './orphans.ts';
import type { Slices } from './slices.ts';
import type { Sweep } from './sweep.ts';
import type { ConflictPolicy } from './transferRecord.ts';
import type { Interruption, UploadJob } from './uploadJob.ts';
import type { WaitingLine } from './waitingLine.ts';

export interface QueueActionsOptions {
  book: JobBook;
  states: JobStates;
  line: WaitingLine<UploadJob>;
  growing: GrowingFiles;
  lonely: LonelyWaits;
  sweep: Sweep;
  /** Nothing leaves the line while something is left to do here. */
  slices: Slices;
  /** Those on the wire at this moment. */
  running: () => Iterable<UploadJob>;
}

/**
 * What a user does to uploads, to some or to all at once. What is on the wire leaves it before a call returns; all else of
 * 100,000 uploads follows in slices.
 */
export class QueueActions {
  readonly #options: QueueActionsOptions;

  constructor(options: QueueActionsOptions) {
    this.#options = options;
  }

  pause(ids?: readonly string[]): void {
    const { states, growing, lonely } = this.#options;
    this.#interrupt('pause', ids);
    const leaving = new Set<string>();
    const each = (job: UploadJob) => {
      const { state } = job.record;
      if (job.isRunning) job.interrupt('pause');
      else if (state === 'waiting' || state === 'blocked') {
        growing.forget(job);
        lonely.forget(job);
        leaving.add(job.id);
        states.paused(job);
      }
    };
    this.#each(ids, each, () => this.#options.line.remove(leaving));
  }

  resume(ids?: readonly string[]): void {
    this.#waitAgain(ids, (job) => {
      if (!job.isLeaving) return job.record.state === 'paused';
      job.interrupt('wait');
      return false;
    });
  }

  cancel(ids?: readonly string[]): void {
    const { states, growing, lonely, line, sweep } = this.#options;
    this.#interrupt('cancel', ids);
    const leaving = new Set<string>();
    const each = (job: UploadJob) => {
      if (isOver(job.record)) return;
      if (job.isRunning) {
        job.interrupt('cancel');
        return;
      }
      leaving.add(job.id);
      growing.forget(job);
      lonely.forget(job);
      states.cancelled(job);
    };
    this.#each(ids, each, () => {
      line.remove(leaving);
      sweep.soon();
    });
  }

  retry(ids?: readonly string[]): void {
    this.#waitAgain(ids, ({ record, isRunning }) => {
      const isMeant = record.state === 'failed' || (ids !== undefined && record.state === 'cancelled');
      return isMeant && !isRunning && !isStream(record);
    });
  }

  decide(policy: Exclude<ConflictPolicy, 'ask'>, ids?: readonly string[]): void {
    this.#waitAgain(ids, (job) => {
      if (job.record.blockedFor !== 'conflict' || job.isRunning) return false;
      job.record = { ...job.record, policy };
      return true;
    });
  }

  move(ids: readonly string[], before: string | null): void {
    const { book, line, slices } = this.#options;
    const moving: UploadJob[] = [];
    // Not before its turn: until then others may join the line and leave it.
    const leaveTheLine = function* () {
      const chosen = new Set(ids);
      for (const job of line.members()) if (chosen.has(job.id) && job.id !== before) moving.push(job);
      const leaving = new Set(moving.map(({ id }) => id));
      line.remove(leaving);
      const others = book.all().filter(({ id }) => !leaving.has(id));
      const isInLine = before !== null && line.members().some(({ id }) => id === before);
      const place = isInLine ? others.findIndex(({ id }) => id === before) : others.length;
      const room = makeRoom(
        others.map(({ order }) => order),
        place,
        moving.length,
      );
      for (const [index, order] of room.moved) yield [others[index], order] as const;
      for (const [index, order] of room.orders.entries()) yield [moving[index], order] as const;
    };
    const each = ([job, order]: readonly [UploadJob | undefined, number]) => {
      if (job) book.note(job, { order });
    };
    slices.forEach(leaveTheLine(), each, () => line.joinAll(moving));
  }

  clear(): void {
    const { book, sweep } = this.#options;
    const each = (job: UploadJob) => {
      if (!isOver(job.record) || job.isRunning || job.isHidden) return;
      book.hide(job);
      if (job.record.upload ?? job.record.intent) book.note(job, withoutUpload(job.record));
    };
    this.#each(undefined, each, () => {
      book.forgetHidden();
      sweep.soon();
    });
  }

  /** At once, whatever else is under way. */
  #interrupt(why: Interruption, ids?: readonly string[]): void {
    const chosen = ids && new Set(ids);
    for (const job of this.#options.running()) if (chosen?.has(job.id) !== false) job.interrupt(why);
  }

  /** Those that it applies to join the line together. */
  #waitAgain(ids: readonly string[] | undefined, isMeant: (job: UploadJob) => boolean): void {
    const { states, line } = this.#options;
    const joining: UploadJob[] = [];
    const each = (job: UploadJob) => {
      if (!isMeant(job)) return;
      states.waiting(job);
      joining.push(job);
    };
    this.#each(ids, each, () => line.joinAll(joining));
  }

  #each(ids: readonly string[] | undefined, each: (job: UploadJob) => void, then: () => void): void {
    const { book, slices } = this.#options;
    slices.forEach(book.chosen(ids), each, then);
  }
}

import { makeRoom } from '../../../../shared/queueOrder.ts';
import { isOver } from '../../../../shared/transfers.ts';
import type { TimeSlicer } from '../../runtime/timeSlices.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { JobStates } from '../jobs/jobStates.ts';
import type { Interruption, UploadJob } from '../jobs/uploadJob.ts';
import type { WaitingQueue } from '../jobs/waitingQueue.ts';
import type { ConflictPolicy } from '../journal/uploadRecord.ts';
import { abandoningUpload } from '../upload/abortAbandoned.ts';
import type { AbandonedUploads } from './abandonedUploads.ts';
import { isStream } from './newRecords.ts';
import type { SettlingFiles } from './settlingFiles.ts';
import type { SingleWaits } from './singleWaits.ts';

export interface QueueActionsOptions {
  jobs: Jobs;
  states: JobStates;
  waiting: WaitingQueue<UploadJob>;
  settling: SettlingFiles;
  singleWaits: SingleWaits;
  abandoned: AbandonedUploads;
  /** No waiting job starts while actions are pending here. */
  slices: TimeSlicer;
  /** Jobs with a run at this moment. */
  running: () => Iterable<UploadJob>;
}

/**
 * The user's actions on some or all uploads. Running uploads are interrupted before a call returns; the rest, up to
 * 100,000, follows in time slices.
 */
export class QueueActions {
  readonly #options: QueueActionsOptions;

  constructor(options: QueueActionsOptions) {
    this.#options = options;
  }

  pause(ids?: readonly string[]): void {
    const { states, settling, singleWaits, waiting } = this.#options;
    this.#interrupt('pause', ids);
    const each = (job: UploadJob) => {
      const { state } = job.record;
      if (job.isRunning) job.interrupt('pause');
      else if (state === 'waiting' || state === 'blocked') {
        settling.cancel(job);
        singleWaits.cancel(job);
        waiting.remove(job);
        states.paused(job);
      }
    };
    this.#each(ids, each);
  }

  resume(ids?: readonly string[]): void {
    this.#requeue(ids, (job) => {
      if (!job.isLeaving) return job.record.state === 'paused';
      job.interrupt('wait');
      return false;
    });
  }

  cancel(ids?: readonly string[]): void {
    const { states, settling, singleWaits, waiting, abandoned } = this.#options;
    this.#interrupt('cancel', ids);
    const each = (job: UploadJob) => {
      if (isOver(job.record)) return;
      if (job.isRunning) {
        job.interrupt('cancel');
        return;
      }
      waiting.remove(job);
      settling.cancel(job);
      singleWaits.cancel(job);
      states.cancelled(job);
    };
    this.#each(ids, each, () => abandoned.removeSoon());
  }

  retry(ids?: readonly string[]): void {
    this.#requeue(ids, ({ record, isRunning }) => {
      const isChosen = record.state === 'failed' || (ids !== undefined && record.state === 'cancelled');
      return isChosen && !isRunning && !isStream(record);
    });
  }

  decide(policy: Exclude<ConflictPolicy, 'ask'>, ids?: readonly string[]): void {
    this.#requeue(ids, (job) => {
      if (job.record.blockedFor !== 'conflict' || job.isRunning) return false;
      job.record = { ...job.record, policy };
      return true;
    });
  }

  move(ids: readonly string[], before: string | null): void {
    const { jobs, waiting, slices } = this.#options;
    // Lazy, so that it runs in its turn, and in slices: until then other jobs may join and leave the waiting queue.
    const reorder = function* () {
      const chosen = new Set(ids);
      const moving: UploadJob[] = [];
      const others: UploadJob[] = [];
      let place: number | undefined;
      for (const job of jobs.all()) {
        if (job.id === before) {
          if (waiting.has(job)) place = others.length;
          others.push(job);
        } else if (chosen.has(job.id) && waiting.has(job)) moving.push(job);
        else others.push(job);
        yield undefined;
      }
      const orders = others.map(({ order }) => order);
      const room = makeRoom(orders, place ?? others.length, moving.length);
      for (const [index, order] of room.moved) yield { job: others[index], order };
      for (const [index, order] of room.orders.entries()) yield { job: moving[index], order };
    };
    slices.forEach(reorder(), (step) => {
      if (!step?.job) return;
      jobs.updateSoon(step.job, { order: step.order });
      waiting.orderChanged(step.job);
    });
  }

  clear(): void {
    const { jobs, abandoned } = this.#options;
    const each = (job: UploadJob) => {
      if (!isOver(job.record) || job.isRunning || job.isHidden) return;
      jobs.hide(job);
      if (job.record.upload ?? job.record.unconfirmedStart) jobs.updateSoon(job, abandoningUpload(job.record));
      jobs.dropIfHidden(job);
    };
    this.#each(undefined, each, () => abandoned.removeSoon());
  }

  /** Interrupts running jobs at once, ahead of pending slices. */
  #interrupt(why: Interruption, ids?: readonly string[]): void {
    const chosen = ids && new Set(ids);
    for (const job of this.#options.running()) if (chosen?.has(job.id) !== false) job.interrupt(why);
  }

  /** Queues the chosen jobs; none starts before all are queued. */
  #requeue(ids: readonly string[] | undefined, isChosen: (job: UploadJob) => boolean): void {
    const { states, waiting } = this.#options;
    const each = (job: UploadJob) => {
      if (!isChosen(job)) return;
      states.waiting(job);
      waiting.add(job);
    };
    this.#each(ids, each);
  }

  #each(ids: readonly string[] | undefined, each: (job: UploadJob) => void, then?: () => void): void {
    const { jobs, slices } = this.#options;
    slices.forEach(jobs.chosen(ids), each, then);
  }
}

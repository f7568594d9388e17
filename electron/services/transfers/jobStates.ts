import { reportOf } from '../../../shared/errors.ts';
import type { BlockedFor } from '../../../shared/ipc.ts';
import type { Log } from '../log.ts';
import type { JobBook } from './jobBook.ts';
import { withoutUpload } from './orphans.ts';
import type { UploadJob } from './uploadJob.ts';
import type { UploadOutcome } from './uploadTask.ts';

export interface JobStatesOptions {
  book: JobBook;
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Log;
}

/** The states of a job: what becomes of its record, and of the bytes that are counted for it, when it enters one. */
export class JobStates {
  readonly #book: JobBook;
  readonly #now: () => number;
  readonly #log: Log;

  constructor({ book, now, log }: JobStatesOptions) {
    this.#book = book;
    this.#now = now;
    this.#log = log;
  }

  waiting(job: UploadJob): void {
    this.#book.note(job, {
      state: 'waiting',
      blockedFor: undefined,
      skippedFor: undefined,
      error: undefined,
      finishedAt: undefined,
    });
  }

  running(job: UploadJob): void {
    this.#book.change(job, () => {
      job.record = { ...job.record, state: 'running', blockedFor: undefined, error: undefined };
    });
  }

  paused(job: UploadJob): void {
    this.#book.note(job, { state: 'paused', blockedFor: undefined });
  }

  blocked(job: UploadJob, blockedFor: BlockedFor, error: unknown): void {
    this.offTheWire(job);
    this.#book.note(job, { state: 'blocked', blockedFor, error: reportOf(error) });
  }

  failed(job: UploadJob, error: unknown): void {
    this.#log.warn('Upload failed', { key: job.record.key, error });
    this.offTheWire(job);
    this.#book.note(job, { state: 'failed', error: reportOf(error), finishedAt: this.#now() });
  }

  /** Its upload is given up; whoever sweeps removes it. */
  cancelled(job: UploadJob): void {
    this.#book.change(job, () => (job.sent = job.confirmed = 0));
    this.#book.note(job, { ...withoutUpload(job.record), state: 'cancelled', finishedAt: this.#now() });
  }

  arrived(job: UploadJob, outcome: UploadOutcome): void {
    const isDone = outcome.kind === 'done';
    this.#book.note(job, {
      ...{ state: isDone ? 'done' : 'skipped', finishedAt: this.#now() },
      ...{ upload: undefined, partSize: undefined, completing: undefined, intent: undefined, unheard: undefined },
      ...(outcome.kind === 'skipped' && { skippedFor: outcome.why }),
      ...(isDone && { receipt: outcome.receipt, size: outcome.receipt.size, confirmed: outcome.receipt.size }),
    });
    if (isDone) this.#book.change(job, () => (job.sent = job.confirmed = job.record.size));
  }

  /** What was on the wire and not confirmed is not there. */
  offTheWire(job: UploadJob): void {
    this.#book.change(job, () => (job.sent = job.confirmed));
  }
}

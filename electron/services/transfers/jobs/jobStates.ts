import { reportOf } from '../../../../shared/errors.ts';
import type { BlockedFor } from '../../../../shared/transfers.ts';
import type { Log } from '../../runtime/log.ts';
import { abandoningUpload } from '../upload/abortAbandoned.ts';
import { UnknownContent } from '../upload/conflicts.ts';
import type { UploadOutcome } from '../upload/uploadContext.ts';
import type { Jobs } from './jobs.ts';
import type { UploadJob } from './uploadJob.ts';

export interface JobStatesOptions {
  jobs: Jobs;
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Log;
}

/** State changes of a job: each sets its record and its counted bytes. */
export class JobStates {
  readonly #jobs: Jobs;
  readonly #now: () => number;
  readonly #log: Log;

  constructor({ jobs, now, log }: JobStatesOptions) {
    this.#jobs = jobs;
    this.#now = now;
    this.#log = log;
  }

  waiting(job: UploadJob): void {
    this.#jobs.updateSoon(job, {
      state: 'waiting',
      blockedFor: undefined,
      skippedFor: undefined,
      error: undefined,
      finishedAt: undefined,
    });
  }

  running(job: UploadJob): void {
    this.#jobs.updateLive(job, () => {
      job.record = { ...job.record, state: 'running', blockedFor: undefined, error: undefined };
    });
  }

  paused(job: UploadJob): void {
    this.#jobs.updateSoon(job, { state: 'paused', blockedFor: undefined });
  }

  blocked(job: UploadJob, blockedFor: BlockedFor, error: unknown): void {
    this.leftConnection(job);
    const contentUnknown = error instanceof UnknownContent ? true : undefined;
    this.#jobs.updateSoon(job, { state: 'blocked', blockedFor, contentUnknown, error: reportOf(error) });
  }

  failed(job: UploadJob, error: unknown): void {
    this.#log.warn('Upload failed', { key: job.record.key, error });
    this.leftConnection(job);
    this.#jobs.updateSoon(job, { state: 'failed', error: reportOf(error), finishedAt: this.#now() });
  }

  /** Its multipart upload is abandoned; AbandonedUploads removes it. */
  cancelled(job: UploadJob): void {
    this.#jobs.updateLive(job, () => (job.sent = job.confirmed = 0));
    this.#jobs.updateSoon(job, { ...abandoningUpload(job.record), state: 'cancelled', finishedAt: this.#now() });
  }

  succeeded(job: UploadJob, outcome: UploadOutcome): void {
    const isDone = outcome.kind === 'done';
    this.#jobs.updateSoon(job, {
      ...{ state: isDone ? 'done' : 'skipped', finishedAt: this.#now() },
      ...{
        upload: undefined,
        partSize: undefined,
        completing: undefined,
        unconfirmedStart: undefined,
        outcomeUnknown: undefined,
      },
      ...(outcome.kind === 'skipped' && { skippedFor: outcome.why }),
      ...(isDone && { receipt: outcome.receipt, size: outcome.receipt.size, confirmed: outcome.receipt.size }),
    });
    if (isDone) this.#jobs.updateLive(job, () => (job.sent = job.confirmed = job.record.size));
  }

  /** Bytes that were sent and not confirmed do not count any more. */
  leftConnection(job: UploadJob): void {
    this.#jobs.updateLive(job, () => (job.sent = job.confirmed));
  }
}

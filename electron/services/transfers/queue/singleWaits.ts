import { growingDelay } from '../../../../shared/growingDelay.ts';
import { BACKOFF } from '../../runtime/backoff.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';

/** Longest wait of one upload. */
const MAX_WAIT_MS = BACKOFF.most;
/** Waits without a new byte; after them the upload fails, and the user may retry it. */
const MAX_WAITS = 6;

export interface SingleWaitsOptions {
  /** Milliseconds of the first wait; each further one without progress is twice as long. */
  first: number;
  /** Called at the end of a job's wait. */
  again: (job: UploadJob) => void;
}

/** Waits of single uploads whose error no other upload has: each longer than the one before, and limited in number. */
export class SingleWaits {
  readonly #options: SingleWaitsOptions;
  readonly #timers = new Map<UploadJob, NodeJS.Timeout>();

  constructor(options: SingleWaitsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#timers.size;
  }

  has(job: UploadJob): boolean {
    return this.#timers.has(job);
  }

  /** Starts a wait; false when the upload has used up its waits. */
  wait(job: UploadJob): boolean {
    this.cancel(job);
    job.singleWaits += 1;
    if (job.singleWaits > MAX_WAITS) {
      job.singleWaits = 0;
      return false;
    }
    const time = growingDelay({ first: this.#options.first, most: MAX_WAIT_MS }, job.singleWaits - 1);
    this.#timers.set(
      job,
      setTimeout(() => this.#over(job), time),
    );
    return true;
  }

  cancel(job: UploadJob): void {
    clearTimeout(this.#timers.get(job));
    this.#timers.delete(job);
  }

  /** Ends all waits at once. */
  end(): void {
    for (const job of [...this.#timers.keys()]) this.#over(job);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #over(job: UploadJob): void {
    this.cancel(job);
    this.#options.again(job);
  }
}

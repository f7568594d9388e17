import { growingDelay } from '../../../../shared/growingDelay.ts';
import { BACKOFF } from '../../runtime/backoff.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';

/** Milliseconds. */
const MAX_WAIT_MS = BACKOFF.most;
/** Without a byte more than before; from then on it fails, and its user may try it again. */
const MAX_WAITS = 6;

export interface SingleWaitsOptions {
  /** Milliseconds of the first wait; each further one without progress is twice as long. */
  first: number;
  /** Its time is over. */
  again: (job: UploadJob) => void;
}

/** Uploads that met what others do not meet: each waits by itself, longer each time, and not for ever. */
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

  /** Whether it is worth another time; then it waits. */
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

  /** At once: something says that it may work now. */
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

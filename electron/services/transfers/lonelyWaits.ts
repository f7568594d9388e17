import { BACKOFF } from './backoff.ts';
import type { UploadJob } from './uploadJob.ts';

/** Milliseconds. */
const MOST = BACKOFF.most;
/** Without a byte more than before; from then on it fails, and its user may try it again. */
const TIMES = 6;

export interface LonelyWaitsOptions {
  /** Milliseconds of the first wait; each further one without progress is twice as long. */
  first: number;
  /** Its time is over. */
  again: (job: UploadJob) => void;
}

/** Uploads that met what others do not meet: each waits by itself, longer each time, and not for ever. */
export class LonelyWaits {
  readonly #options: LonelyWaitsOptions;
  readonly #timers = new Map<UploadJob, NodeJS.Timeout>();

  constructor(options: LonelyWaitsOptions) {
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
    this.forget(job);
    job.timesAlone += 1;
    if (job.timesAlone > TIMES) {
      job.timesAlone = 0;
      return false;
    }
    const time = Math.min(MOST, this.#options.first * 2 ** (job.timesAlone - 1));
    this.#timers.set(
      job,
      setTimeout(() => this.#over(job), time),
    );
    return true;
  }

  forget(job: UploadJob): void {
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
    this.forget(job);
    this.#options.again(job);
  }
}

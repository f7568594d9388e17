import type { Log } from '../contract.ts';
import type { JobBook } from './jobBook.ts';
import { cleanUp, leftNow } from './orphans.ts';
import { sleep } from './sleep.ts';
import type { UploadCalls } from './uploadCalls.ts';

const SECOND = 1000;
/** Leftovers of uploads given up that could not be aborted at once. */
const AGAIN_AFTER = 30 * SECOND;
const AT_STOP = 3 * SECOND;

export interface SweepOptions {
  book: JobBook;
  /** @throws NearplayError no-preferences */
  calls: () => UploadCalls;
  log: Log;
  /** One round is over. */
  over: () => void;
}

/** Aborts, one after the other, multipart uploads that were given up, until the storage says that they are gone. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #stop = new AbortController();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #stopped = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#round !== undefined;
  }

  /** Now, or once more after the round that is under way. */
  soon(): void {
    this.#isDue = true;
    if (this.#round || this.#stopped) return;
    this.#isDue = false;
    clearTimeout(this.#timer);
    this.#round = this.#all()
      .catch((error: unknown) => this.#options.log.warn('Parts could not be removed', { error }))
      .finally(() => this.#over());
  }

  /** Lets the round that is under way come to an end, but not for long. What is left is for the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const inTime = setTimeout(() => this.#stop.abort(), AT_STOP);
    await this.#round;
    clearTimeout(inTime);
    this.#stop.abort();
  }

  async #all(): Promise<void> {
    const { book, calls } = this.#options;
    for (const job of book.all()) {
      if (!job.hasLeftovers || job.isRunning) continue;
      const before = job.record;
      const rest = await cleanUp(calls(), before, sleep, this.#stop.signal);
      book.note(job, leftNow(before, rest, job.record));
    }
  }

  #over(): void {
    const { book, over } = this.#options;
    this.#round = undefined;
    book.forgetHidden();
    if (this.#isDue) this.soon();
    const isLeft = book.all().some((job) => job.hasLeftovers);
    if (isLeft && !this.#stopped) this.#timer = setTimeout(() => this.soon(), AGAIN_AFTER).unref();
    over();
  }
}

import type { Log } from '../log.ts';
import type { JobBook } from './jobBook.ts';
import { cleanUp, leftNow, type CallsAt } from './orphans.ts';
import { sleep } from './sleep.ts';
import type { ObjectPlace } from './uploadPlace.ts';

const SECOND = 1000;
/** Leftovers of uploads given up that could not be aborted at once. */
const AGAIN_AFTER = 30 * SECOND;
const AT_STOP = 3 * SECOND;

export interface SweepOptions {
  book: JobBook;
  callsAt: CallsAt;
  log: Log;
  /** One round is over. */
  over: () => void;
}

/** Aborts, one after the other, multipart uploads that were given up, until the storage says that they are gone. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #stop = new AbortController();
  readonly #told = new Set<string>();
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
    const { book, callsAt } = this.#options;
    for (const job of book.all()) {
      if (!job.hasLeftovers || job.isRunning) continue;
      const before = job.record;
      const rest = await cleanUp(callsAt, before, sleep, this.#stop.signal);
      book.note(job, leftNow(before, rest, job.record));
      for (const place of [...rest.toAbort, ...rest.lost]) if (!callsAt(place)) this.#tellLeft(place);
    }
  }

  /** Once of each: nobody can clean up there but who has that storage. */
  #tellLeft({ endpoint, bucket, wholeKey: key }: ObjectPlace): void {
    const id = [endpoint, bucket, key].join('\n');
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.#options.log.warn('Parts of an upload stay in a storage that the preferences do not have any more', {
      ...{ endpoint, bucket, key },
    });
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

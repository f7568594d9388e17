import { SECOND_MS } from '../../../../shared/units.ts';
import { sleep } from '../../runtime/async.ts';
import type { Log } from '../../runtime/log.ts';
import type { ObjectPlace } from '../../storage/objectPlace.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { abandonedNow, abortAbandoned, type ApiAt } from '../upload/abortAbandoned.ts';

/** Leftovers of uploads given up that could not be aborted at once. */
const RETRY_DELAY_MS = 30 * SECOND_MS;
const STOP_TIMEOUT_MS = 3 * SECOND_MS;

export interface AbandonedUploadsOptions {
  jobs: Jobs;
  apiAt: ApiAt;
  log: Log;
  /** One round is over. */
  ended: () => void;
}

/** Aborts, one after the other, multipart uploads that were given up, until the storage says that they are gone. */
export class AbandonedUploads {
  readonly #options: AbandonedUploadsOptions;
  readonly #stop = new AbortController();
  readonly #told = new Set<string>();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #stopped = false;

  constructor(options: AbandonedUploadsOptions) {
    this.#options = options;
  }

  get isRemoving(): boolean {
    return this.#round !== undefined;
  }

  /** Now, or once more after the round that is under way. */
  removeSoon(): void {
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
    const inTime = setTimeout(() => this.#stop.abort(), STOP_TIMEOUT_MS);
    await this.#round;
    clearTimeout(inTime);
    this.#stop.abort();
  }

  async #all(): Promise<void> {
    const { jobs, apiAt } = this.#options;
    for (const job of jobs.all()) {
      if (!job.hasAbandoned || job.isRunning) continue;
      const before = job.record;
      const rest = await abortAbandoned(apiAt, before, sleep, this.#stop.signal);
      jobs.updateSoon(job, abandonedNow(before, rest, job.record));
      for (const place of [...rest.abandoned, ...rest.unconfirmedStarts]) if (!apiAt(place)) this.#tellLeft(place);
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
    const { jobs, ended } = this.#options;
    this.#round = undefined;
    jobs.dropHidden();
    if (this.#isDue) this.removeSoon();
    const isLeft = jobs.all().some((job) => job.hasAbandoned);
    if (isLeft && !this.#stopped) this.#timer = setTimeout(() => this.removeSoon(), RETRY_DELAY_MS).unref();
    ended();
  }
}

import { NearplayError } from '../../../../shared/errors.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { sleep } from '../../runtime/async.ts';
import type { Log } from '../../runtime/log.ts';
import type { ObjectPlace } from '../../storage/objectPlace.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { abandonedNow, abortAbandoned, type ApiAt } from '../upload/abortAbandoned.ts';

/** Delay before uploads whose abort failed are tried again. */
const RETRY_DELAY_MS = 30 * SECOND_MS;
const STOP_TIMEOUT_MS = 3 * SECOND_MS;

export interface AbandonedUploadsOptions {
  jobs: Jobs;
  apiAt: ApiAt;
  log: Log;
  /** Called when a round has ended. */
  ended: () => void;
}

/** Aborts abandoned multipart uploads one after the other, until the storage confirms that they are gone. */
export class AbandonedUploads {
  readonly #options: AbandonedUploadsOptions;
  readonly #stop = new AbortController();
  readonly #reported = new Set<string>();
  /** What the storage said in the last round, by job. */
  readonly #said = new Map<string, NearplayError>();
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

  /** Why parts of this job are still in a storage, as it was said last; undefined where nothing was said. */
  reasonOf(id: string): NearplayError | undefined {
    return this.#said.get(id);
  }

  /** Starts a round now, or one more round after the current one. */
  removeSoon(): void {
    this.#isDue = true;
    if (this.#round || this.#stopped) return;
    this.#isDue = false;
    clearTimeout(this.#timer);
    this.#round = this.#all()
      .catch((error: unknown) => this.#options.log.warn('Abandoned uploads not aborted', { error }))
      .finally(() => this.#over());
  }

  /** Waits up to `STOP_TIMEOUT_MS` for the current round. The rest is left to the next start. */
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
      this.#said.delete(job.id);
      const failed = (error: unknown) => {
        if (error instanceof NearplayError) this.#said.set(job.id, error);
      };
      const rest = await abortAbandoned(apiAt, before, sleep, this.#stop.signal, failed);
      jobs.updateSoon(job, abandonedNow(before, rest, job.record));
      for (const place of [...rest.abandoned, ...rest.unconfirmedStarts])
        if (!apiAt(place)) this.#reportUnreachable(place);
    }
  }

  /** Logged once per upload: only a user of that storage can remove the parts. */
  #reportUnreachable({ endpoint, bucket, wholeKey: key }: ObjectPlace): void {
    const id = [endpoint, bucket, key].join('\n');
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    this.#options.log.warn('Parts of an abandoned upload remain: its storage is not in the preferences', {
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

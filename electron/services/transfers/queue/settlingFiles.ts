import { NearplayError } from '../../../../shared/errors.ts';
import { growingDelay } from '../../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { type FileLook, isSameFile, isSameLook } from '../../files/stableFile.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';

const MAX_SETTLING_MS = 60 * SECOND_MS;

export interface SettlingFilesOptions {
  /** Milliseconds that a file must be unchanged for. */
  settle: number;
  /** Milliseconds since the epoch; compared with the dates of files. */
  now: () => number;
  /** Milliseconds of a monotonic clock, for the time since a look. */
  clock: () => number;
  /** Called when the file is due for another look. */
  again: (job: UploadJob) => void;
}

/** The file changed too recently to be uploaded. */
export class NotSettled extends NearplayError {
  constructor() {
    super('file-changed');
  }
}

/** Delays files that are still being written: a render is uploaded once it has been unchanged for a while. */
export class SettlingFiles {
  readonly #options: SettlingFilesOptions;
  readonly #timers = new Map<UploadJob, NodeJS.Timeout>();

  constructor(options: SettlingFilesOptions) {
    this.#options = options;
  }

  /** Jobs that wait for another look. */
  get size(): number {
    return this.#timers.size;
  }

  /**
   * Accepts a file that was seen unchanged for long enough, or that is as it was when queued and old by all its dates,
   * including ctime, which no program can set. Old dates alone prove nothing: programs that copy set them while they
   * still write.
   *
   * @throws NotSettled
   */
  assertSettled(job: UploadJob, look: FileLook): void {
    const clock = this.#options.clock();
    const settle = settleTime(this.#options.settle, job.changes);
    if (!job.seen || !isSameLook(job.seen.look, look)) job.seen = { look, at: clock };
    const age = this.#options.now() - Math.max(look.mtimeMs, look.ctimeMs);
    const isAsQueued = isSameFile(look, job.record) && job.changes === 0;
    if (!hasSettled({ age: isAsQueued ? age : undefined, seenFor: clock - job.seen.at, settle }))
      throw new NotSettled();
  }

  /** Schedules another look. */
  wait(job: UploadJob): void {
    const again = () => {
      this.#timers.delete(job);
      this.#options.again(job);
    };
    this.#timers.set(job, setTimeout(again, settleTime(this.#options.settle, job.changes)));
  }

  cancel(job: UploadJob): void {
    clearTimeout(this.#timers.get(job));
    this.#timers.delete(job);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}

/** Milliseconds to be unchanged for: longer after each change during a run. */
export function settleTime(settle: number, changes: number): number {
  return growingDelay({ first: settle, most: MAX_SETTLING_MS }, changes);
}

/** @param seen.age by the file's dates; absent where they prove nothing. All in milliseconds. */
export function hasSettled(seen: { age: number | undefined; seenFor: number; settle: number }): boolean {
  return seen.seenFor >= seen.settle || (seen.age !== undefined && seen.age >= seen.settle);
}

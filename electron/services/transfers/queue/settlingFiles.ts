import { NearplayError } from '../../../../shared/errors.ts';
import { growingDelay } from '../../../../shared/growingDelay.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { type FileLook, isSameFile, isSameLook } from '../../files/stableFile.ts';
import type { UploadJob } from '../jobs/uploadJob.ts';

const MAX_SETTLING_MS = 60 * SECOND_MS;

export interface SettlingFilesOptions {
  /** How long a file must not have changed. Milliseconds. */
  settle: number;
  /** Milliseconds since the epoch: a file's dates are compared with it. */
  now: () => number;
  /** Milliseconds, never set back: how long ago something was seen. */
  clock: () => number;
  /** It may be looked at again. */
  again: (job: UploadJob) => void;
}

/** The file was not left alone for long enough yet. */
export class NotSettled extends NearplayError {
  constructor() {
    super('file-changed');
  }
}

/** Files that are still being written: a render is uploaded when it has been left alone for a while. */
export class SettlingFiles {
  readonly #options: SettlingFilesOptions;
  readonly #timers = new Map<UploadJob, NodeJS.Timeout>();

  constructor(options: SettlingFilesOptions) {
    this.#options = options;
  }

  /** Those that wait to be looked at again. */
  get size(): number {
    return this.#timers.size;
  }

  /**
   * Looks at a file: seen unchanged for long enough, or as it was when it was queued and old by all of its dates, of which nobody
   * can set the last one (ctime). Old dates alone prove nothing: programs that copy set them while they still write.
   *
   * @throws Growing
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

  /** Says when it is time to look again. */
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

/** A file that changed under way has to be still for longer each time. Milliseconds. */
export function settleTime(settle: number, changes: number): number {
  return growingDelay({ first: settle, most: MAX_SETTLING_MS }, changes);
}

/** @param seen.age by its dates; absent where they say nothing. All in milliseconds. */
export function hasSettled(seen: { age: number | undefined; seenFor: number; settle: number }): boolean {
  return seen.seenFor >= seen.settle || (seen.age !== undefined && seen.age >= seen.settle);
}

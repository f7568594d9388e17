import { isSameFile, type FileIdentity } from './fileIdentity.ts';
import { Growing } from './setbacks.ts';
import type { UploadJob } from './uploadJob.ts';

const SECOND = 1000;
const MOST_SETTLING = 60 * SECOND;

export interface GrowingFilesOptions {
  /** How long a file must not have changed. Milliseconds. */
  settle: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** It may be looked at again. */
  again: (job: UploadJob) => void;
}

/** Files that are still being written: a render is uploaded when it has been left alone for a while. */
export class GrowingFiles {
  readonly #options: GrowingFilesOptions;
  readonly #timers = new Map<UploadJob, NodeJS.Timeout>();

  constructor(options: GrowingFilesOptions) {
    this.#options = options;
  }

  /** Those that wait to be looked at again. */
  get size(): number {
    return this.#timers.size;
  }

  /**
   * Looks at a file: old enough by its own time, or seen unchanged for as long by this machine's clock (that of a file
   * server may be ahead).
   *
   * @throws Growing
   */
  assertSettled(job: UploadJob, identity: FileIdentity): void {
    const now = this.#options.now();
    const settle = settleTime(this.#options.settle, job.changes);
    const isSeen = job.seen !== undefined && isSameFile(job.seen.identity, identity);
    if (!isSeen) job.seen = { identity, at: now };
    const seenFor = isSeen ? now - (job.seen?.at ?? now) : undefined;
    if (!hasSettled({ age: now - identity.mtimeMs, seenFor, settle })) throw new Growing();
  }

  /** Says when it is time to look again. */
  wait(job: UploadJob): void {
    const again = () => {
      this.#timers.delete(job);
      this.#options.again(job);
    };
    this.#timers.set(job, setTimeout(again, settleTime(this.#options.settle, job.changes)));
  }

  forget(job: UploadJob): void {
    clearTimeout(this.#timers.get(job));
    this.#timers.delete(job);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}

/** A file that changed under way has to be still for longer each time. Milliseconds. */
export function settleTime(settle: number, changes: number): number {
  return Math.min(MOST_SETTLING, settle * 2 ** changes);
}

/** @param seen.seenFor absent when it was not seen like this before. All in milliseconds. */
export function hasSettled(seen: { age: number; seenFor: number | undefined; settle: number }): boolean {
  return seen.age >= seen.settle || (seen.seenFor !== undefined && seen.seenFor >= seen.settle);
}

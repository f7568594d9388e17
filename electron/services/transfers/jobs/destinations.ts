import { NearplayError } from '../../../../shared/errors.ts';
import { isOver } from '../../../../shared/transfers.ts';
import type { UploadRecord } from '../journal/uploadRecord.ts';

type Claim = Pick<UploadRecord, 'id' | 'path' | 'wanted'>;

interface Claiming {
  readonly record: Claim & Pick<UploadRecord, 'state' | 'key'>;
}

/**
 * Local files by their destination in the storage: the name that each wants, and the one that it has taken instead. Two
 * files with one destination are never uploaded over each other, for any policy: a policy is about objects that exist
 * already, not about files of the same user.
 */
export class Destinations<Job extends Claiming> {
  /** By destination; a list only where there are several, which saves memory for 100,000. */
  readonly #byDestination = new Map<string, Job | Job[]>();

  add(job: Job): void {
    for (const name of namesOf(job)) {
      const others = this.#byDestination.get(name);
      this.#byDestination.set(name, others === undefined ? job : [...listOf(others), job]);
    }
  }

  remove(job: Job): void {
    for (const name of namesOf(job)) {
      const left = listOf(this.#byDestination.get(name)).filter((other) => other !== job);
      const [only] = left;
      if (only === undefined) this.#byDestination.delete(name);
      else this.#byDestination.set(name, left.length === 1 ? only : left);
    }
  }

  /** Another file with the same destination that is not over. */
  rivalOf(claim: Claim): Job | undefined {
    return this.#others(claim).find(({ record }) => !isOver(record));
  }

  /** Another file that has the destination of this one or will have it: not over, or done. */
  holderOf(claim: Claim): Job | undefined {
    return this.#others(claim).find(({ record }) => isHeldBy(record));
  }

  /** Whether another upload, of any file, has this name or will have it. @param id of the upload that asks */
  isTaken(name: string, id: string): boolean {
    return listOf(this.#byDestination.get(name)).some(({ record }) => record.id !== id && isHeldBy(record));
  }

  #others({ id, path, wanted }: Claim): Job[] {
    return listOf(this.#byDestination.get(wanted)).filter(({ record }) => record.id !== id && record.path !== path);
  }
}

function namesOf({ record: { wanted, key } }: Claiming): readonly string[] {
  return wanted === key ? [wanted] : [wanted, key];
}

function isHeldBy(record: Pick<UploadRecord, 'state'>): boolean {
  return record.state === 'done' || !isOver(record);
}

function listOf<Job>(jobs: Job | readonly Job[] | undefined): readonly Job[] {
  if (jobs === undefined) return [];
  return isList(jobs) ? jobs : [jobs];
}

function isList<Job>(jobs: Job | readonly Job[]): jobs is readonly Job[] {
  return Array.isArray(jobs);
}

/** Error that names both files. */
export function sameDestination(path: string, other: string): NearplayError {
  const message = `"${path}" wants the name in the storage that "${other}" has. It was not sent; rename one of them.`;
  return new NearplayError('same-destination', message);
}

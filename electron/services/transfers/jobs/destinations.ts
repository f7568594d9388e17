import { NearplayError } from '../../../../shared/errors.ts';
import { isOver } from '../../../../shared/transfers.ts';
import type { UploadRecord } from '../journal/uploadRecord.ts';

type Claim = Pick<UploadRecord, 'id' | 'path' | 'wanted'>;

interface Claiming {
  readonly record: Claim & Pick<UploadRecord, 'state'>;
}

/**
 * Local files by their destination in the storage. Two files with one destination are never uploaded over each other,
 * for any policy: a policy is about objects that exist already, not about files of the same user.
 */
export class Destinations<Job extends Claiming> {
  /** By destination; a list only where there are several, which saves memory for 100,000. */
  readonly #byDestination = new Map<string, Job | Job[]>();

  add(job: Job): void {
    const others = this.#byDestination.get(job.record.wanted);
    this.#byDestination.set(job.record.wanted, others === undefined ? job : [...listOf(others), job]);
  }

  remove(job: Job): void {
    const left = listOf(this.#byDestination.get(job.record.wanted)).filter((other) => other !== job);
    const [only] = left;
    if (only === undefined) this.#byDestination.delete(job.record.wanted);
    else this.#byDestination.set(job.record.wanted, left.length === 1 ? only : left);
  }

  /** Another file with the same destination that is not over. */
  rivalOf({ id, path, wanted }: Claim): Job | undefined {
    return listOf(this.#byDestination.get(wanted)).find(
      ({ record }) => record.id !== id && record.path !== path && !isOver(record),
    );
  }
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

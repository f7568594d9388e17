import { NearplayError } from '../../../../shared/errors.ts';
import { isOver } from '../../../../shared/transfers.ts';
import type { UploadRecord } from '../journal/uploadRecord.ts';

type Wish = Pick<UploadRecord, 'id' | 'path' | 'wanted'>;

interface Wanting {
  readonly record: Wish & Pick<UploadRecord, 'state'>;
}

/**
 * Which files of this computer want which names in the storage. Two files that want one name are never sent one over the other,
 * whatever the policy is: it speaks of what is there already, not of what the same user sends along.
 */
export class Destinations<Job extends Wanting> {
  /** By name; mostly there is one, so that a list for each of 100,000 would be waste. */
  readonly #wanting = new Map<string, Job | Job[]>();

  add(job: Job): void {
    const others = this.#wanting.get(job.record.wanted);
    this.#wanting.set(job.record.wanted, others === undefined ? job : [...listOf(others), job]);
  }

  remove(job: Job): void {
    const left = listOf(this.#wanting.get(job.record.wanted)).filter((other) => other !== job);
    const [only] = left;
    if (only === undefined) this.#wanting.delete(job.record.wanted);
    else this.#wanting.set(job.record.wanted, left.length === 1 ? only : left);
  }

  /** Another file that wants the same name and is not over. */
  rivalOf({ id, path, wanted }: Wish): Job | undefined {
    return listOf(this.#wanting.get(wanted)).find(
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

/** Tells of both files. */
export function sameDestination(path: string, other: string): NearplayError {
  const message = `"${path}" wants the name in the storage that "${other}" has. It was not sent; rename one of them.`;
  return new NearplayError('same-destination', message);
}

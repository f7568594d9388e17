import { NearplayError } from '../../../shared/errors.ts';
import type { SteadyFile } from './fileIdentity.ts';
import { numberedKey } from './objectNames.ts';
import type { PresentObject } from './presentObject.ts';
import { isSameContent } from './sameContent.ts';
import type { UploadNeeds, UploadOutcome, UploadTask } from './uploadTask.ts';
import { retrying } from './retrying.ts';

const NAMES_TRIED = 1000;

/** How to go on where another object has the name: `free` means that the record's key may be written now. */
export type Resolution = UploadOutcome | { kind: 'free'; replace: boolean };

/**
 * Settles what happens with a name that is taken. The same content, as far as it can be compared, is never sent again; all
 * else is the record's policy.
 *
 * @param present what has the name.
 * @throws NearplayError conflict when the user has to be asked
 */
export async function resolveConflict(
  needs: UploadNeeds,
  task: UploadTask,
  file: SteadyFile,
  present: PresentObject,
): Promise<Resolution> {
  const isSame = await isSameContent(needs, needs.wholeKey(task.record.key), file, present, task.signal);
  if (isSame) return { kind: 'skipped', why: 'identical' };
  switch (task.record.policy) {
    case 'skip':
      return { kind: 'skipped', why: 'asked-for' };
    case 'replace':
      return { kind: 'free', replace: true };
    case 'keep-both':
      await takeFreeName(needs, task);
      return { kind: 'free', replace: false };
    case 'ask':
      throw new NearplayError(
        'conflict',
        `"${task.record.key}" is there already, with other content. Choose what to do with it.`,
      );
  }
}

/** The record's key becomes the next free `name (2).ext`. */
async function takeFreeName(needs: UploadNeeds, task: UploadTask): Promise<void> {
  for (let number = 2; number <= NAMES_TRIED; number++) {
    const key = numberedKey(task.record.wanted, number);
    if (key === task.record.key) continue;
    const taken = await retrying(needs, task.signal, () => needs.calls.head(needs.wholeKey(key), task.signal));
    if (taken) continue;
    await task.save({ key });
    return;
  }
  throw new NearplayError('conflict', `There are ${NAMES_TRIED} files named like "${task.record.wanted}" already.`);
}

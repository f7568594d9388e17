import { NearplayError } from '../../../../shared/errors.ts';
import type { StableFile } from '../../files/stableFile.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import { numberedKey } from './objectMetadata.ts';
import { isSameContent } from './sameContent.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

const MAX_NAMES = 1000;

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
  context: UploadContext,
  task: UploadTask,
  file: StableFile,
  present: RemoteObject,
): Promise<Resolution> {
  const isSame = await isSameContent(context, context.wholeKey(task.record.key), file, present, task.signal);
  if (isSame) return { kind: 'skipped', why: 'identical' };
  switch (task.record.policy) {
    case 'skip':
      return { kind: 'skipped', why: 'asked-for' };
    case 'replace':
      return { kind: 'free', replace: true };
    case 'keep-both':
      await takeFreeName(context, task);
      return { kind: 'free', replace: false };
    case 'ask':
      throw new NearplayError(
        'conflict',
        `"${task.record.key}" is there already, with other content. Choose what to do with it.`,
      );
  }
}

/**
 * The error of a write that was refused because the name is taken, where the storage says of the name that it is free: nobody can
 * be asked what to do with a file that is not there.
 */
export function takenThoughFree(key: string, cause: NearplayError): NearplayError {
  const message = `The storage refused to write "${key}" as if the name were taken (412), and says that nothing has it. Nothing was overwritten: ask IT.`;
  return new NearplayError('refused', message, { cause: cause.cause, detail: cause.detail });
}

/** The record's key becomes the next free `name (2).ext`. */
async function takeFreeName(context: UploadContext, task: UploadTask): Promise<void> {
  for (let number = 2; number <= MAX_NAMES; number++) {
    const key = numberedKey(task.record.wanted, number);
    if (key === task.record.key) continue;
    const taken = await retrying(context, task.signal, () => context.api.head(context.wholeKey(key), task.signal));
    if (taken) continue;
    await task.updateDurably({ key });
    return;
  }
  throw new NearplayError('conflict', `There are ${MAX_NAMES} files named like "${task.record.wanted}" already.`);
}

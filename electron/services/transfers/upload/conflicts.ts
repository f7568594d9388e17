import { NearplayError } from '../../../../shared/errors.ts';
import type { StableFile } from '../../files/stableFile.ts';
import type { RemoteObject } from '../http/objectInfo.ts';
import { retrying } from '../http/retry.ts';
import { numberedKey } from './objectMetadata.ts';
import { likenessOf } from './sameContent.ts';
import type { UploadContext, UploadOutcome, UploadTask } from './uploadContext.ts';

const MAX_NAMES = 1000;

/** How to go on when another object has the key. `free`: the record's key may be written. */
export type Resolution = UploadOutcome | { kind: 'free'; replace: boolean };

/** The key has an object whose content is proved to be another. */
class OtherContent extends NearplayError {
  constructor(key: string) {
    super('conflict', `"${key}" is there already, with other content. Choose what to do with it.`);
  }
}

/** The key has an object that cannot be compared with the file. */
export class UnknownContent extends NearplayError {
  constructor(key: string) {
    const why = 'it is not known whether it is the same, since the storage keeps no checksum to compare with';
    super('conflict', `"${key}" is there already; ${why}. Choose what to do with it.`);
  }
}

/**
 * Resolves a conflict. The same content, as far as it can be compared, is never uploaded again; for other content the
 * record's policy decides.
 *
 * @param stored the object that has the key.
 * @throws NearplayError conflict when the user has to decide
 */
export async function resolveConflict(
  context: UploadContext,
  task: UploadTask,
  file: StableFile,
  stored: RemoteObject,
): Promise<Resolution> {
  const likeness = await likenessOf(context, context.wholeKey(task.record.key), file, stored, task.signal);
  if (likeness === 'same') return { kind: 'skipped', why: 'identical' };
  switch (task.record.policy) {
    case 'skip':
      return { kind: 'skipped', why: 'asked-for' };
    case 'replace':
      return { kind: 'free', replace: true };
    case 'keep-both':
      await takeFreeName(context, task);
      return { kind: 'free', replace: false };
    case 'ask':
      throw likeness === 'other' ? new OtherContent(task.record.key) : new UnknownContent(task.record.key);
  }
}

/** Error for a write refused with 412 although HEAD finds no object: there is no conflict to decide. */
export function contradictoryConflict(key: string, cause: NearplayError): NearplayError {
  const message = `The storage refused to write "${key}" as if the name were taken (412), and says that nothing has it. Nothing was overwritten: ask IT.`;
  return new NearplayError('refused', message, { cause: cause.cause, detail: cause.detail });
}

/**
 * Sets the record's key to the next free `name (2).ext`: one that neither the storage has nor another file of this
 * queue, whose upload a storage that ignores conditions would overwrite.
 */
async function takeFreeName(context: UploadContext, task: UploadTask): Promise<void> {
  for (let number = 2; number <= MAX_NAMES; number++) {
    const key = numberedKey(task.record.wanted, number);
    if (key === task.record.key || task.isTaken(key)) continue;
    const taken = await retrying(context, task.signal, () => context.api.head(context.wholeKey(key), task.signal));
    // Another upload may have taken it meanwhile.
    if (taken || task.isTaken(key)) continue;
    await task.updateDurably({ key });
    return;
  }
  throw new NearplayError('conflict', `There are ${MAX_NAMES} files named like "${task.record.wanted}" already.`);
}

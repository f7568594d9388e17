import type { LeftOut } from '../../../../shared/leftOut.ts';
import type { Added } from '../../../../shared/uploads.ts';
import { LeftOutCount } from '../../files/leftOut.ts';
import type { ConflictPolicy } from '../journal/uploadRecord.ts';
import type { TransferQueue } from './queue.ts';

/** Queues all files at and below the paths; resolves to how many, and to what was left out. @throws NearplayError as the queue's add */
export async function addUploads(
  queue: Pick<TransferQueue, 'add'>,
  folder: string,
  paths: readonly string[],
  onConflict: ConflictPolicy,
): Promise<Added> {
  const left = new LeftOutCount();
  const leftOut = (one: LeftOut) => {
    if (one.why !== 'vanished') left.add(one);
  };
  const ids = await queue.add(folder, paths, { onConflict, leftOut });
  return { files: ids.length, ...(left.count > 0 && { leftOut: left.list() }) };
}

import type { Events, Transfer } from '../../shared/ipc.ts';
import { isOpen } from './progress.ts';

export interface Notice {
  title: string;
  body: string;
}

/**
 * Says once, when the last open transfer has ended, how the batch went. A batch is what was open at any time since the
 * last notice; transfers that the user cancelled are no news to them.
 */
export class TransferNotices {
  readonly #batch = new Map<string, Transfer>();

  /** Takes the transfers as they are now; returns what there is to say, if anything. */
  update(transfers: readonly Transfer[]): Notice | undefined {
    for (const transfer of transfers) {
      if (isOpen(transfer) || this.#batch.has(transfer.id)) this.#batch.set(transfer.id, transfer);
    }
    if (this.#batch.size === 0 || transfers.some(isOpen)) return undefined;
    const ended = [...this.#batch.values()];
    this.#batch.clear();
    return noticeOf(ended);
  }
}

/** A file that was uploaded, or lies in a watched folder, has reached the replica. */
export function readyNotice({ key, label }: Events['replica-ready']): Notice {
  return { title: `Ready in ${label}`, body: key.slice(key.lastIndexOf('/') + 1) };
}

function noticeOf(ended: readonly Transfer[]): Notice | undefined {
  const done = ended.filter(({ state }) => state === 'done');
  const failed = ended.filter(({ state }) => state === 'failed');
  const [first] = failed.length > 0 ? failed : done;
  if (!first) return undefined;
  if (failed.length === 0) {
    return { title: done.length === 1 ? 'Upload finished' : `${done.length} uploads finished`, body: listOf(done) };
  }
  const title = failed.length === 1 ? 'An upload failed' : `${failed.length} uploads failed`;
  return { title, body: first.error ? `${listOf(failed)}: ${first.error.message}` : listOf(failed) };
}

function listOf(transfers: readonly Transfer[]): string {
  const [first, ...others] = transfers;
  if (!first) return '';
  return others.length === 0 ? first.name : `${first.name} and ${others.length} more`;
}

import { errorText } from '../../shared/errorText.ts';
import { nameOfKey } from '../../shared/keys.ts';
import type { ReplicaReady } from '../../shared/replication.ts';
import type { Transfer, TransfersDelta } from '../../shared/transfers.ts';

export interface SystemNotification {
  title: string;
  body: string;
}

/** Phase of a transfer for notifications. `other`: the user stopped it, or nothing had to be sent. */
type Phase = 'under-way' | 'done' | 'failed' | 'asking' | 'other';

/** The fields of one transfer that a notification needs; a batch may have 100,000. */
interface BatchEntry {
  name: string;
  phase: Phase;
  message?: string;
}

/**
 * Notifies once per batch, when no transfer is running any more, of its result and of open questions. A batch is
 * everything that ran since the last notification, without transfers that the user stopped.
 */
export class TransferNotifications {
  readonly #batch = new Map<string, BatchEntry>();
  #underWay = 0;

  /** Takes over changes; returns the notification to show, if any. */
  update({ changed, removed }: Pick<TransfersDelta, 'changed' | 'removed'>): SystemNotification | undefined {
    for (const transfer of changed) this.#update(transfer);
    for (const id of removed) this.#drop(id);
    if (this.#underWay > 0 || this.#batch.size === 0) return undefined;
    const ended = [...this.#batch.values()];
    this.#batch.clear();
    return notificationFor(ended);
  }

  #update(transfer: Transfer): void {
    const { id, name, error } = transfer;
    const phase = phaseOf(transfer);
    if (phase !== 'under-way' && !this.#batch.has(id)) return;
    this.#drop(id);
    this.#batch.set(id, { name, phase, ...(error && { message: errorText(error) }) });
    if (phase === 'under-way') this.#underWay += 1;
  }

  #drop(id: string): void {
    if (this.#batch.get(id)?.phase === 'under-way') this.#underWay -= 1;
    this.#batch.delete(id);
  }
}

/** Notification for a file, uploaded or in a folder with a ready alert, that has reached the replica. */
export function readyNotification({ key, label, others }: ReplicaReady): SystemNotification {
  const name = nameOfKey(key);
  return { title: `Ready in ${label}`, body: others === 0 ? name : `${name} and ${others} more` };
}

function phaseOf({ state, blockedFor }: Transfer): Phase {
  if (state === 'done' || state === 'failed') return state;
  if (state === 'running' || state === 'waiting') return 'under-way';
  if (state !== 'blocked') return 'other';
  return blockedFor === 'conflict' ? 'asking' : 'under-way';
}

/** Questions to the user take precedence. */
function notificationFor(ended: readonly BatchEntry[]): SystemNotification | undefined {
  const of = (phase: Phase) => ended.filter((noted) => noted.phase === phase);
  const [asking, failed, done] = [of('asking'), of('failed'), of('done')];
  const [firstFailed] = failed;
  if (asking.length > 0) {
    const title = asking.length === 1 ? 'An upload needs your answer' : `${asking.length} uploads need your answer`;
    return { title, body: `There is another file with this name: ${listOf(asking)}` };
  }
  if (firstFailed) {
    const title = failed.length === 1 ? 'A transfer failed' : `${failed.length} transfers failed`;
    return { title, body: firstFailed.message ? `${listOf(failed)}: ${firstFailed.message}` : listOf(failed) };
  }
  if (done.length === 0) return undefined;
  return { title: done.length === 1 ? 'Transfer finished' : `${done.length} transfers finished`, body: listOf(done) };
}

function listOf(transfers: readonly BatchEntry[]): string {
  const [first, ...others] = transfers;
  if (!first) return '';
  return others.length === 0 ? first.name : `${first.name} and ${others.length} more`;
}

import type { ErrorReport } from '../../shared/errors.ts';
import type { Transfer, TransferTotals } from '../../shared/transfers.ts';

/** An event that is worth interrupting the user for. */
export type TransferNotification =
  ({ kind: 'succeeded' | 'failed'; direction: Direction } & Sum) | { kind: 'needs-you'; count: number; name: string };

type Direction = Transfer['direction'];
/** Number of transfers, with the name and the failure of the last. */
type Sum = { count: number; name: string; error?: ErrorReport };
const none = (): Record<Direction, Sum> => ({
  upload: { count: 0, name: '' },
  download: { count: 0, name: '' },
});

/**
 * Sums up ended transfers for notifications: successes once nothing runs or waits any more, the first failure at once and
 * the others together at the end, and a question as soon as there is one.
 */
export class TransferNotifications {
  #succeeded = none();
  #failed = none();
  #needYou = 0;

  /** @param needYou how many wait for the user now, and the name of one of them. */
  take(
    ended: readonly Transfer[],
    { files }: Pick<TransferTotals, 'files'>,
    needYou: { count: number; name: string },
  ): TransferNotification[] {
    const due: TransferNotification[] = [];
    for (const transfer of ended) {
      if (transfer.state === 'done') add(this.#succeeded[transfer.direction], transfer);
      if (transfer.state !== 'failed') continue;
      const failed = this.#failed[transfer.direction];
      add(failed, transfer);
      if (failed.count === 1) due.push({ kind: 'failed', direction: transfer.direction, ...failed });
    }
    if (needYou.count > 0 && this.#needYou === 0) due.push({ kind: 'needs-you', ...needYou });
    this.#needYou = needYou.count;
    if (files.running + files.waiting > 0) return due;
    for (const direction of ['upload', 'download'] as const) {
      const [succeeded, failed] = [this.#succeeded[direction], this.#failed[direction]];
      if (succeeded.count > 0) due.push({ kind: 'succeeded', direction, ...succeeded });
      if (failed.count > 1) due.push({ kind: 'failed', direction, ...failed });
    }
    this.#succeeded = none();
    this.#failed = none();
    return due;
  }
}

function add(sum: Sum, { name, error }: Transfer): void {
  sum.count += 1;
  sum.name = name;
  if (error) sum.error = error;
}

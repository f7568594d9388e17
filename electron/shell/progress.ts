import type { TransferTotals } from '../../shared/transfers.ts';

/** Electron's value for "no bar". */
const NO_BAR = -1;

/** Number of transfers that run or are queued; paused and blocked ones need a user. */
export function openTransfers({ files }: Pick<TransferTotals, 'files'>): number {
  return files.running + files.waiting;
}

/**
 * Overall progress of the open transfers, for the icon in the dock or task bar. Transfers that ended before this batch
 * do not count; those of this batch do, so that the bar never jumps back.
 */
export class OverallProgress {
  #before = { size: 0, sent: 0, ended: 0 };
  #last = { size: 0, sent: 0 };
  #isOpen = false;

  /** From 0 to 1; -1 when nothing is open. */
  update(totals: TransferTotals): number {
    const { size, sent } = totals;
    const ended = totals.files.done;
    const open = openTransfers(totals);
    this.#shorten(size);
    if (!this.#isOpen) this.#before = { ...this.#last, ended };
    this.#last = { size, sent };
    this.#isOpen = open > 0;
    if (!this.#isOpen) return NO_BAR;
    const [whole, part] = [size - this.#before.size, sent - this.#before.sent];
    // Empty files move no bytes.
    const done = Math.max(0, ended - this.#before.ended);
    return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : done / (done + open);
  }

  /** Subtracts a removed transfer, which has ended: its whole size was sent. */
  #shorten(size: number): void {
    const cleared = Math.max(0, this.#last.size - size);
    this.#before.size = Math.max(0, this.#before.size - cleared);
    this.#before.sent = Math.max(0, this.#before.sent - cleared);
    this.#last = { size: this.#last.size - cleared, sent: Math.max(0, this.#last.sent - cleared) };
  }
}

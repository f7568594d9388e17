import type { TransferState, TransferTotals } from '../../../../shared/transfers.ts';
import { ThroughputMeter } from './throughputMeter.ts';

/** Contribution of one transfer to the totals. */
export interface Counted {
  state: TransferState;
  size: number;
  sent: number;
}

const STATES_OUTSIDE_SUM: ReadonlySet<TransferState> = new Set(['failed', 'cancelled', 'skipped']);

/** Totals over all transfers, kept by differences: reading costs the same for one and for 100,000. */
export class TotalsCounter {
  readonly #files: Record<TransferState, number> = {
    waiting: 0,
    running: 0,
    paused: 0,
    blocked: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
  };
  readonly #speed = new ThroughputMeter();
  #size = 0;
  #sent = 0;

  add(counted: Counted): void {
    this.#count(counted, 1);
  }

  remove(counted: Counted): void {
    this.#count(counted, -1);
  }

  /** Counts sent bytes for the throughput alone. */
  moved(bytes: number, now: number): void {
    this.#speed.addBytes(bytes, now);
  }

  totals(now: number): TransferTotals {
    const bytesPerSecond = this.#speed.bytesPerSecond(now);
    const left = this.#size - this.#sent;
    return {
      files: { ...this.#files },
      size: this.#size,
      sent: this.#sent,
      bytesPerSecond,
      ...(bytesPerSecond > 0 && { secondsLeft: Math.ceil(left / bytesPerSecond) }),
    };
  }

  #count({ state, size, sent }: Counted, sign: 1 | -1): void {
    this.#files[state] += sign;
    if (STATES_OUTSIDE_SUM.has(state)) return;
    this.#size += sign * size;
    this.#sent += sign * Math.min(size, sent);
  }
}

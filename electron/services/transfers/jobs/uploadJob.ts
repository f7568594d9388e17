import { setMaxListeners } from 'node:events';
import type { NearplayError } from '../../../../shared/errors.ts';
import type { FileLook } from '../../files/stableFile.ts';
import type { UploadRecord } from '../journal/uploadRecord.ts';
import { SINGLE_PUT_MAX_BYTES } from '../upload/partPlan.ts';
import { ThroughputMeter } from './throughputMeter.ts';
import type { Counted } from './totals.ts';
import { transferOf, type UploadTransfer } from './transfer.ts';
import type { Queued } from './waitingQueue.ts';

/** Why a running job was interrupted: what happens to it afterwards. */
export type Interruption = 'pause' | 'cancel' | 'wait';

/** One upload in the queue: its journal record, and state that lasts as long as this process. */
export class UploadJob implements Queued {
  record: UploadRecord;
  /** Bytes sent, and those of them that the storage has confirmed. */
  sent = 0;
  confirmed = 0;
  interruption: Interruption | undefined;
  /** Last look at the file, and since when it is unchanged, in milliseconds of a monotonic clock. */
  seen: { look: FileLook; at: number } | undefined;
  /** Waits for errors that no other upload has, since its last progress. */
  singleWaits = 0;
  /** Last error since its last progress, retried ones included. */
  lastError: NearplayError | undefined;
  /** Bytes that were ever confirmed at once: what is sent again is no progress. */
  mostConfirmed = 0;
  /** Another content was sent of it, in part or whole, before the one that counts. */
  hasChangedWhileSent = false;
  /** Changes of the file during a run. */
  changes = 0;
  /** Of these, the latest in a row that changed neither size nor date. */
  metadataChanges = 0;
  /** Removed from the list; the record stays until its uploads are proved gone. */
  isHidden = false;
  #abort: AbortController | undefined;
  #throughput: ThroughputMeter | undefined;

  constructor(record: UploadRecord) {
    this.record = record;
    this.confirmed = record.state === 'done' ? record.size : record.confirmed;
    this.sent = this.confirmed;
  }

  get id(): string {
    return this.record.id;
  }

  get order(): number {
    return this.record.order;
  }

  get isLarge(): boolean {
    return this.record.size > SINGLE_PUT_MAX_BYTES;
  }

  get isRunning(): boolean {
    return this.#abort !== undefined;
  }

  get hasAbandoned(): boolean {
    return this.record.abandoned.length > 0 || this.record.unconfirmedStarts.length > 0;
  }

  counted(): Counted {
    return { state: this.record.state, size: this.record.size, sent: this.sent };
  }

  get isLeaving(): boolean {
    return this.isRunning && this.interruption !== undefined;
  }

  begin(): AbortSignal {
    this.#abort = new AbortController();
    this.#throughput = new ThroughputMeter();
    this.interruption = undefined;
    setMaxListeners(0, this.#abort.signal);
    return this.#abort.signal;
  }

  /** Aborts the run. */
  interrupt(why: Interruption): void {
    // A cancellation is not replaced by a later reason.
    if (this.interruption !== 'cancel') this.interruption = why;
    this.#abort?.abort();
  }

  end(): void {
    this.#abort = undefined;
    this.#throughput = undefined;
  }

  addBytes(bytes: number, now: number): void {
    this.#throughput?.addBytes(bytes, now);
  }

  transfer(now: number): UploadTransfer {
    const { sent, confirmed } = this;
    const bytesPerSecond = this.#throughput?.bytesPerSecond(now) ?? 0;
    return transferOf(this.record, { sent, confirmed, bytesPerSecond }, this.hasChangedWhileSent);
  }
}

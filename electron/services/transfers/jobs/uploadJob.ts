import { setMaxListeners } from 'node:events';
import type { NearplayError } from '../../../../shared/errors.ts';
import type { FileLook } from '../../files/stableFile.ts';
import type { UploadRecord } from '../journal/uploadRecord.ts';
import { SINGLE_PUT_MAX_BYTES } from '../upload/partPlan.ts';
import { ThroughputMeter } from './throughputMeter.ts';
import type { Counted } from './totals.ts';
import { transferOf, type UploadTransfer } from './transfer.ts';
import type { Queued } from './waitingQueue.ts';

/** What becomes of a running job that was told to leave the wire. */
export type Interruption = 'pause' | 'cancel' | 'wait';

/** One transfer in the queue: what the journal keeps of it, and what is true only while this process lives. */
export class UploadJob implements Queued {
  record: UploadRecord;
  /** Bytes on the wire or confirmed; of them, bytes confirmed. */
  sent = 0;
  confirmed = 0;
  interruption: Interruption | undefined;
  /** The file as it was found, and since when it is so; milliseconds of a clock that is never set back. */
  seen: { look: FileLook; at: number } | undefined;
  /** Times that it was set back by what others did not meet, since its last progress. */
  singleWaits = 0;
  /** What it met last since its last progress; also what is repeated and told to nobody. */
  lastError: NearplayError | undefined;
  /** Bytes that were ever confirmed at once: what is sent again is no progress. */
  mostConfirmed = 0;
  /** Another content was sent of it, in part or whole, before the one that counts. */
  hasChangedWhileSent = false;
  /** How often it changed under way. */
  changes = 0;
  /** Of those in a row: something of it changed, and neither its size nor its date did. */
  metadataChanges = 0;
  /** The list does not show it any more; its record stays until its uploads are proved gone. */
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

  /** Takes it off the wire. */
  interrupt(why: Interruption): void {
    // A cancelled one stays cancelled, whatever comes after.
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

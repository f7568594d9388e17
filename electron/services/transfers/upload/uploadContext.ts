import type { NearplayError } from '../../../../shared/errors.ts';
import type { SkippedFor } from '../../../../shared/transfers.ts';
import type { Sleep } from '../../runtime/async.ts';
import type { Log } from '../../runtime/log.ts';
import type { ObjectPlace } from '../../storage/objectPlace.ts';
import type { WriteConditions } from '../../storage/writeConditions.ts';
import type { RequestSlots } from '../http/requestSlots.ts';
import type { S3UploadApi } from '../http/s3UploadApi.ts';
import type { Receipt, UploadRecord } from '../journal/uploadRecord.ts';
import type { ApiAt } from './abortAbandoned.ts';
import type { BufferPool } from './bufferPool.ts';

/** Where an upload says how far it is. All in bytes. */
export interface Progress {
  /** The connection took them. */
  sent(bytes: number): void;
  /** Of those sent: they have to go again. */
  takenBack(bytes: number): void;
  /** Of those sent: the storage has them for certain. */
  confirmed(bytes: number): void;
  /** So many are there already, by the storage's own account. */
  resumed(bytes: number): void;
  /** Of those: they are not what the file has. */
  discarded(bytes: number): void;
  /** All that was there is worth nothing. */
  startedOver(): void;
}

/** One upload at work, as it sees its place in the queue. */
export interface UploadTask {
  /** What is known of it at this moment. */
  readonly record: Readonly<UploadRecord>;
  /** On disk when it resolves. @throws NearplayError disk-full */
  updateDurably(changes: Partial<UploadRecord>): Promise<void>;
  /** Paused, cancelled or stopped: whatever is on the wire has to leave it at once. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What the storage makes of conditions on a write. */
export interface StorageConditions {
  /** Found out before the first upload to it. @throws NearplayError as that question; cancelled */
  known(signal: AbortSignal): Promise<WriteConditions>;
  /** It answered 501 to a write with a condition. */
  areUnsupported(): void;
}

/** What every upload works with. */
export interface UploadContext {
  api: S3UploadApi;
  /** The whole key of one that is relative to the main storage's prefix. */
  wholeKey: (key: string) => string;
  conditions: StorageConditions;
  /** To a storage of the preferences where an upload was begun; `undefined` where there is none such. */
  apiAt: ApiAt;
  /** Whether what was begun there makes the object that this key stands for now. */
  isHere: (place: ObjectPlace, key: string) => boolean;
  slots: RequestSlots;
  buffers: BufferPool;
  /** Parts of one file at once, at most. */
  partsPerFile: number;
  /** Milliseconds since the epoch, on this machine's clock. */
  now: () => number;
  /** The same on the storage's clock, as well as it is known. */
  storageNow: () => number;
  /** From 0 to 1. */
  random: () => number;
  sleep: Sleep;
  /** Told of each attempt of this upload that failed, also of those that are repeated. */
  failed?: (error: NearplayError) => void;
  /** Goes into the object's metadata; absent: nobody is named. */
  uploader?: string;
  log: Log;
}

export type UploadOutcome = { kind: 'done'; receipt: Receipt } | { kind: 'skipped'; why: SkippedFor };

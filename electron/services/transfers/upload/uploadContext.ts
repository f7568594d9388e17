import type { NearplayError } from '../../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import type { SkippedFor } from '../../../../shared/transfers.ts';
import type { Sleep } from '../../runtime/async.ts';
import type { Log } from '../../runtime/log.ts';
import type { ObjectPlace } from '../../storage/objectPlace.ts';
import type { WriteConditions } from '../../storage/writeConditions.ts';
import type { BufferPool } from '../http/bufferPool.ts';
import type { RequestSlots } from '../http/requestSlots.ts';
import type { S3UploadApi } from '../http/s3UploadApi.ts';
import type { Receipt, UploadRecord } from '../journal/uploadRecord.ts';
import type { ApiAt } from './abortAbandoned.ts';

/** Receives the progress of an upload. All in bytes. */
export interface Progress {
  /** Bytes that the connection took. */
  sent(bytes: number): void;
  /** Sent bytes that have to be sent again. */
  takenBack(bytes: number): void;
  /** Sent bytes that the storage has confirmed. */
  confirmed(bytes: number): void;
  /** Bytes that the storage has listed as stored at the start. */
  resumed(bytes: number): void;
  /** Resumed bytes that differ from the file's. */
  discarded(bytes: number): void;
  /** All stored bytes are useless. */
  startedOver(): void;
}

/** One running upload, with its view of the queue. */
export interface UploadTask {
  /** The current record. */
  readonly record: Readonly<UploadRecord>;
  /** Changes the record; on disk when it resolves. @throws NearplayError disk-full */
  updateDurably(changes: Partial<UploadRecord>): Promise<void>;
  /** Whether another upload of the queue has this name in the storage or will have it. */
  isTaken(key: string): boolean;
  /** Aborted by a pause, a cancellation or a stop: requests in flight end at once. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Support of conditional writes by the storage. */
export interface StorageConditions {
  /** Determined before the first upload. @throws NearplayError of the probe; cancelled */
  known(signal: AbortSignal): Promise<WriteConditions>;
  /** Records that the storage answered 501 to a conditional write. */
  areUnsupported(): void;
}

/** Resources and functions that uploads use. */
export interface UploadContext {
  api: S3UploadApi;
  /** The main storage. */
  storage: StorageConfiguration;
  /** The whole key of a key relative to the main storage's prefix. */
  wholeKey: (key: string) => string;
  conditions: StorageConditions;
  /** API of the storage of an earlier upload; `undefined` when the preferences have no such storage. */
  apiAt: ApiAt;
  /** Whether an upload begun there creates the object that this key names now. */
  isHere: (place: ObjectPlace, key: string) => boolean;
  slots: RequestSlots;
  buffers: BufferPool;
  /** Concurrent parts of one file. */
  partsPerFile: number;
  /** Milliseconds since the epoch, on this machine's clock. */
  now: () => number;
  /** The same on the storage's clock, as estimated. */
  storageNow: () => number;
  /** From 0 to 1. */
  random: () => number;
  sleep: Sleep;
  /** Called for each failed attempt of this upload, also for those that are retried. */
  failed?: (error: NearplayError) => void;
  /** Written to the object's metadata; absent: no uploader is named. */
  uploader?: string;
  log: Log;
}

export type UploadOutcome = { kind: 'done'; receipt: Receipt } | { kind: 'skipped'; why: SkippedFor };

import type { S3Client } from '@aws-sdk/client-s3';
import type { BandwidthRules } from '../../../../shared/bandwidth.ts';
import type { LeftOut } from '../../../../shared/leftOut.ts';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import { MIB, SECOND_MS } from '../../../../shared/units.ts';
import type { ChecksumKind } from '../../content/checksumKind.ts';
import type { FoundFile } from '../../files/findFiles.ts';
import type { LocalDisk } from '../../files/localDisk.ts';
import type { Log } from '../../runtime/log.ts';
import type { UploadPlace } from '../../storage/objectPlace.ts';
import type { KnownConditions } from '../../storage/writeConditions.ts';
import type { BufferLimits } from '../http/bufferPool.ts';
import type { ConcurrencyLimits } from '../http/concurrencyController.ts';
import type { UploadsDelta } from '../jobs/transfer.ts';
import type { Journal } from '../journal/journal.ts';
import type { ConflictPolicy, Receipt } from '../journal/uploadRecord.ts';

export interface UploadTarget {
  client: S3Client;
  configuration: StorageConfiguration;
}

export interface QueueLimits {
  /** Files uploaded in parts at once; small files are limited by request slots only. */
  largeFiles: number;
  partsPerFile: number;
  /** Concurrent requests with a body over all files; adapted to the measured throughput. */
  parts: ConcurrencyLimits;
  /** Bytes of parts and small files in memory. */
  memory: BufferLimits;
}

export const DEFAULT_LIMITS: QueueLimits = {
  largeFiles: 3,
  partsPerFile: 64,
  parts: { least: 2, most: 256, first: 6 },
  memory: { usual: 32 * MIB, most: 112 * MIB },
};

export interface QueueTiming {
  /**
   * Idle time after which a request has failed: without a byte sent, or without an answer. Milliseconds, as all here.
   */
  idle: number;
  /** Time-out of completing a multipart upload, which S3 may take minutes for. */
  complete: number;
  /** How long a file must be unchanged for. */
  settle: number;
  /** Length of the first pause of the queue; the next ones are longer. */
  queuePause: number;
}

export const DEFAULT_TIMING: QueueTiming = {
  idle: 30 * SECOND_MS,
  complete: 600 * SECOND_MS,
  settle: 2 * SECOND_MS,
  queuePause: SECOND_MS,
};

export interface TransferQueueOptions {
  /** The current main storage; called for each transfer. @throws NearplayError no-preferences */
  target: () => UploadTarget;
  /**
   * The storage of the preferences that an earlier upload was begun in; default: the main storage, if it was begun
   * there.
   */
  targetAt?: (place: UploadPlace) => UploadTarget | undefined;
  journal: Journal;
  changed: (delta: UploadsDelta) => void;
  completed: (key: string, receipt: Receipt) => void;
  /** Checksum kind requested for objects in parts; default: by the storage's known behaviour. */
  checksumKindFor?: (storage: StorageConfiguration) => ChecksumKind;
  /** Known support of conditional writes by storage; default: none. */
  conditions?: KnownConditions;
  /** Called when the storage refused the credentials: new ones are needed. */
  credentialsRefused?: () => void;
  /** Milliseconds since the epoch on the main storage's clock; default: this machine's. */
  storageNow?: () => number;
  /** Milliseconds since the epoch, for what is shown, recorded, or compared with the dates of files. */
  now: () => number;
  /** Milliseconds of a monotonic clock, for all durations. Default: performance.now. */
  clock?: () => number;
  /** Disk that files are read from; default: this computer's. */
  disk?: LocalDisk;
  /** From 0 to 1. */
  random: () => number;
  log: Log;
  /** Written to the metadata of objects. */
  uploader?: string;
  onConflict?: ConflictPolicy;
  limits?: Partial<QueueLimits>;
  timing?: Partial<QueueTiming>;
  bandwidth?: BandwidthRules;
}

export interface AddOptions {
  onConflict?: ConflictPolicy;
}

export interface AddStreamOptions extends AddOptions {
  /** Cancels the upload: no object gets a name, and stored parts are removed. */
  signal?: AbortSignal;
  /** Whether a stream without a byte becomes an empty object; default: it is refused. */
  allowsEmpty?: boolean;
  /** Called when the upload begins to wait for the storage (true) or for its source alone (false). */
  asks?: (isStorage: boolean) => void;
}

export interface FindAndAddOptions extends AddOptions {
  /** Destinations claimed by files that are added together, by the path of the file; uploaded ones included. */
  claims?: Map<string, string>;
  /** Called for each entry below the paths that is not queued, except hidden files and litter. */
  leftOut?: (one: LeftOut) => void;
}

/** One file with a destination of its own. */
export interface FileToUpload extends AddOptions {
  file: FoundFile;
  /** Relative to the main storage's prefix. */
  key: string;
}

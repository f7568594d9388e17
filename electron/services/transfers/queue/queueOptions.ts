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
import type { ConcurrencyLimits } from '../http/concurrencyController.ts';
import type { UploadsDelta } from '../jobs/transfer.ts';
import type { Journal } from '../journal/journal.ts';
import type { ConflictPolicy, Receipt } from '../journal/uploadRecord.ts';

export interface UploadTarget {
  client: S3Client;
  configuration: StorageConfiguration;
}

export interface QueueLimits {
  /** Files in parts at once; small files go as fast as there are lanes. */
  largeFiles: number;
  partsPerFile: number;
  /** Requests with a body at once, over all files; adapted to what the line gives. */
  parts: ConcurrencyLimits;
  /** Bytes of parts kept in memory. */
  memory: number;
}

export const DEFAULT_LIMITS: QueueLimits = {
  largeFiles: 3,
  partsPerFile: 12,
  parts: { least: 2, most: 24, first: 6 },
  memory: 112 * MIB,
};

export interface QueueTiming {
  /** A request without a byte, or without an answer, for so long has failed. Milliseconds, as all here. */
  idle: number;
  /** For making an object of its parts, which S3 may take minutes for. */
  complete: number;
  /** How long a file must not have changed. */
  settle: number;
  /** Of the first pause when nothing can succeed; the next ones are longer. */
  queuePause: number;
}

export const DEFAULT_TIMING: QueueTiming = {
  idle: 30 * SECOND_MS,
  complete: 600 * SECOND_MS,
  settle: 2 * SECOND_MS,
  queuePause: SECOND_MS,
};

export interface TransferQueueOptions {
  /** The main storage at this moment; asked for each transfer. @throws NearplayError no-preferences */
  target: () => UploadTarget;
  /** A storage of the preferences where an earlier upload was begun; default: the main storage, if it was begun there. */
  targetAt?: (place: UploadPlace) => UploadTarget | undefined;
  journal: Journal;
  changed: (delta: UploadsDelta) => void;
  completed: (key: string, receipt: Receipt) => void;
  /** What the storage is asked to keep of an object in parts; default: what it is known to keep well. */
  checksumKindFor?: (storage: StorageConfiguration) => ChecksumKind;
  /** What is known already of storages' conditions on writing; default: nothing. */
  conditions?: KnownConditions;
  /** The storage refused the credentials: whoever keeps them should ask for new ones. */
  credentialsRefused?: () => void;
  /** Milliseconds since the epoch on the main storage's clock; default: this machine's. */
  storageNow?: () => number;
  /** Milliseconds since the epoch: for what is shown, noted, or compared with the dates of files. */
  now: () => number;
  /** Milliseconds, never set back: for all durations. Default: performance.now. */
  clock?: () => number;
  /** Where files are read; default: this computer's. */
  disk?: LocalDisk;
  /** From 0 to 1. */
  random: () => number;
  log: Log;
  /** Goes into the metadata of objects. */
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
  /** Whoever wants the stream gives it up: nothing gets a name any more, and what is in the storage of it is removed. */
  signal?: AbortSignal;
  /** A stream that ends without a byte becomes an object of 0 bytes; default: it is refused. */
  allowsEmpty?: boolean;
  /** Told what it waits for now: the storage, or else only for the source to go on. */
  asks?: (isStorage: boolean) => void;
}

export interface FindAndAddOptions extends AddOptions {
  /** Which file has which name in the storage, of all that are added in one go; also when they have arrived meanwhile. */
  claims?: Map<string, string>;
  /** Told of everything below the paths that is not queued, but for hidden files and litter. */
  leftOut?: (one: LeftOut) => void;
}

/** One file with a destination of its own. */
export interface FileToUpload extends AddOptions {
  file: FoundFile;
  /** Relative to the main storage's prefix. */
  key: string;
}

import type { ErrorReport } from '../../../shared/errors.ts';
import type { BlockedFor, ConflictPolicy, SkippedFor, TransferRecord, UploadState } from './transferRecord.ts';

/** One upload as a window or a terminal shows it. Sizes in bytes, times in milliseconds since the epoch. */
export interface UploadTransfer {
  id: string;
  direction: 'upload';
  name: string;
  /** Relative to the main storage's prefix. */
  key: string;
  /** The place in the queue; smaller goes first. Not whole after a transfer was moved. */
  order: number;
  state: UploadState;
  blockedFor?: BlockedFor;
  skippedFor?: SkippedFor;
  size: number;
  /** On the wire or confirmed. */
  sent: number;
  /** What the storage has for certain. */
  confirmed: number;
  bytesPerSecond: number;
  policy: ConflictPolicy;
  startedAt: number;
  finishedAt?: number;
  error?: ErrorReport;
}

export interface TransferTotals {
  files: Record<UploadState, number>;
  /** Of all that is neither failed, cancelled nor skipped. */
  size: number;
  /** Of the same. */
  sent: number;
  bytesPerSecond: number;
  /** Absent while nothing moves. */
  secondsLeft?: number;
}

/** A piece of the list, in its order. */
export interface TransfersPage {
  transfers: UploadTransfer[];
  /** Where the next page begins; absent after the last. */
  next?: string;
}

/** What is new since the last one. Transfers that are neither here nor removed are as they were. */
export interface TransfersDelta {
  changed: UploadTransfer[];
  removed: string[];
  totals: TransferTotals;
}

export interface Moving {
  sent: number;
  confirmed: number;
  bytesPerSecond: number;
}

export function transferOf(record: TransferRecord, { sent, confirmed, bytesPerSecond }: Moving): UploadTransfer {
  const { id, key, order, state, blockedFor, skippedFor, size, policy, createdAt, finishedAt, error } = record;
  return {
    id,
    direction: 'upload',
    name: key.slice(key.lastIndexOf('/') + 1),
    key,
    order,
    state,
    ...(blockedFor && { blockedFor }),
    ...(skippedFor && { skippedFor }),
    size,
    sent: Math.min(size, sent),
    confirmed,
    bytesPerSecond,
    policy,
    startedAt: createdAt,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(error && { error }),
  };
}

import { nameOfKey } from '../../../../shared/keys.ts';
import type { Transfer, TransfersDelta } from '../../../../shared/transfers.ts';
import { type ConflictPolicy, STREAM_PATH, type UploadRecord } from '../journal/uploadRecord.ts';

/** One upload as a window or a terminal shows it. */
export interface UploadTransfer extends Transfer {
  direction: 'upload';
  policy: ConflictPolicy;
  /** Its content changed after the first byte was sent; the one that counts was sent from its beginning. */
  changedWhileSent?: true;
}

/** A page of the list, in its order. */
export interface UploadsPage {
  transfers: UploadTransfer[];
  /** Cursor of the next page; absent after the last. */
  next?: string;
}

/** Changes of uploads alone. */
export interface UploadsDelta extends TransfersDelta {
  changed: UploadTransfer[];
}

export interface LiveProgress {
  sent: number;
  confirmed: number;
  bytesPerSecond: number;
}

export function transferOf(
  record: UploadRecord,
  { sent, confirmed, bytesPerSecond }: LiveProgress,
  hasChangedWhileSent = false,
): UploadTransfer {
  const { id, path, key, order, state, blockedFor, contentUnknown, skippedFor, size, policy } = record;
  const { createdAt, finishedAt, error } = record;
  return {
    id,
    direction: 'upload',
    name: nameOfKey(key),
    key,
    order,
    state,
    ...(blockedFor && { blockedFor }),
    ...(blockedFor === 'conflict' && contentUnknown && { contentUnknown }),
    ...(skippedFor && { skippedFor }),
    size,
    // The size of a stream is known at its end.
    sent: path === STREAM_PATH && state === 'running' ? sent : Math.min(size, sent),
    confirmed,
    bytesPerSecond,
    policy,
    ...(hasChangedWhileSent && { changedWhileSent: true as const }),
    startedAt: createdAt,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(error && { error }),
  };
}

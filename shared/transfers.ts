import type { ErrorReport } from './errors.ts';

export const TRANSFER_STATES = [
  'waiting',
  'running',
  'paused',
  'blocked',
  'done',
  'failed',
  'cancelled',
  'skipped',
] as const;
/** `skipped`: nothing had to be sent; `skippedFor` says why. */
export type TransferState = (typeof TRANSFER_STATES)[number];

/** Whether it has ended, in any way: only the user restarts it. */
export function isOver({ state }: { state: TransferState }): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled' || state === 'skipped';
}

/**
 * What a blocked transfer waits for. `storage`: the storage answers with errors. `not-a-storage`: something else
 * answers in its place. `proxy`: the proxy requires a sign-in. `conflict` waits for the user's answer; all others end
 * by themselves.
 */
export const BLOCKED_FOR = [
  ...(['offline', 'storage', 'not-a-storage', 'proxy', 'sign-in', 'disk', 'file-settling', 'conflict'] as const),
] as const;
export type BlockedFor = (typeof BLOCKED_FOR)[number];

/**
 * `identical`: the bucket has the same content under this name. `asked-for`: it has other content, or content
 * that cannot be compared, and the user chose to keep it.
 */
export const SKIPPED_FOR = ['identical', 'asked-for'] as const;
export type SkippedFor = (typeof SKIPPED_FOR)[number];

/** What to do when another file has the name: the user's answer for one or for all. */
export const CONFLICT_ANSWERS = ['skip', 'replace', 'keep-both'] as const;
export type ConflictAnswer = (typeof CONFLICT_ANSWERS)[number];

/** State of one upload or download. */
export interface Transfer {
  id: string;
  direction: 'upload' | 'download';
  name: string;
  /** Relative to the storage's prefix. */
  key: string;
  /** Position in the list: smaller comes first. Fractional after a move. */
  order: number;
  state: TransferState;
  blockedFor?: BlockedFor;
  /** Of a conflict: it is not known whether the object has the same content. */
  contentUnknown?: true;
  skippedFor?: SkippedFor;
  /** Bytes. */
  size: number;
  /** Bytes that the storage has confirmed or that are on the wire. */
  sent: number;
  /** Bytes confirmed by the storage: they are never sent again. */
  confirmed: number;
  bytesPerSecond: number;
  startedAt: number;
  finishedAt?: number;
  /** Of a finished download: the storage keeps no checksum, or none that the file could be compared with. */
  unproved?: true;
  error?: ErrorReport;
}

/** Limits of the main storage. `no-conditions`: a write can replace an object that appeared meanwhile. */
export type UploadNote = 'no-conditions';

/** Totals of all transfers, which a window shows without fetching each. */
export interface TransferTotals {
  files: Record<TransferState, number>;
  /** Bytes of all that is neither failed, cancelled nor skipped. */
  size: number;
  /** Of the same. */
  sent: number;
  bytesPerSecond: number;
  /** Absent while nothing moves. */
  secondsLeft?: number;
  /** Downloads among those that run; absent when there are none. */
  openDownloads?: number;
  note?: UploadNote;
}

/** Changes since the last delta, at most some thousand transfers. Others are unchanged. */
export interface TransfersDelta {
  changed: Transfer[];
  removed: string[];
  totals: TransferTotals;
}

export interface TransfersPage {
  transfers: Transfer[];
  /** Pass it on to get the next page; absent on the last one. */
  cursor?: string;
}

/** Unreadable records of an earlier session; they are kept. */
export interface JournalUnread {
  /** As far as they can be counted. */
  uploads: number;
  /** Paths of the files. */
  files: string[];
  /** Reason why the journal cannot be written now; uploads wait until it can. */
  problem?: ErrorReport;
}

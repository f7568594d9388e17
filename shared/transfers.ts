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

/** Whether it is over, one way or the other: nothing but the user begins it again. */
export function isOver({ state }: { state: TransferState }): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled' || state === 'skipped';
}

/**
 * What a blocked transfer waits for. `storage`: it answers, and not as it should. `not-a-storage`: something else answers in its
 * place. `proxy`: that asks for a sign-in. `conflict` waits for the user's word; all others end by themselves.
 */
export const BLOCKED_FOR = [
  ...(['offline', 'storage', 'not-a-storage', 'proxy', 'sign-in', 'disk', 'file-settling', 'conflict'] as const),
] as const;
export type BlockedFor = (typeof BLOCKED_FOR)[number];

/** `identical`: the bucket has the same content under this name. `asked-for`: it has another, and the user said to leave it. */
export const SKIPPED_FOR = ['identical', 'asked-for'] as const;
export type SkippedFor = (typeof SKIPPED_FOR)[number];

/** What to do when another file has the name: the user's answer for one or for all. */
export const CONFLICT_ANSWERS = ['skip', 'replace', 'keep-both'] as const;
export type ConflictAnswer = (typeof CONFLICT_ANSWERS)[number];

/** One file going up, or coming down, with its state. */
export interface Transfer {
  id: string;
  direction: 'upload' | 'download';
  name: string;
  /** Relative to the storage's prefix. */
  key: string;
  /** The place in the list: smaller is shown, and goes, first. Not whole after a transfer was moved. */
  order: number;
  state: TransferState;
  blockedFor?: BlockedFor;
  skippedFor?: SkippedFor;
  /** Bytes. */
  size: number;
  /** Bytes that the storage has confirmed or that are on the wire. */
  sent: number;
  /** Bytes that the storage has for certain: they are never sent again. */
  confirmed: number;
  bytesPerSecond: number;
  startedAt: number;
  finishedAt?: number;
  /** Of a download that is done: the storage keeps no checksum, or none that the file could be compared with. */
  unproved?: true;
  error?: ErrorReport;
}

/** What is to be known of the storage that uploads go to. `no-conditions`: it writes over a name that was taken meanwhile. */
export type UploadNote = 'no-conditions';

/** Of all transfers, however many: what a window shows without knowing each. */
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

/** What is new since the last one, at most some thousand transfers. Those neither here nor removed are as they were. */
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

/** What an earlier session noted of uploads and this one could not read; it is kept. */
export interface JournalUnread {
  /** As far as they can be counted. */
  uploads: number;
  /** Where it is. */
  files: string[];
  /** Why nothing can be noted now; uploads wait until it can. */
  problem?: ErrorReport;
}

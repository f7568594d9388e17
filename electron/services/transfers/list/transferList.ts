import { type ErrorReport, ERRORS } from '../../../../shared/errors.ts';
import {
  type ConflictAnswer,
  type Transfer,
  TRANSFER_STATES,
  type TransfersDelta,
  type TransfersPage,
  type TransferTotals,
} from '../../../../shared/transfers.ts';
import type { Downloads, DownloadsDelta } from '../download/downloads.ts';
import type { UploadsDelta, UploadTransfer } from '../jobs/transfer.ts';
import { pauseReasonOf } from '../queue/classifyFailure.ts';
import type { TransferQueue } from '../queue/queue.ts';

/** Transfers per page: cloned to the window within a frame or two. */
const PAGE_TRANSFERS = 1000;

/** Error code that describes each reason of a blocked upload. */
const WAITS_FOR = {
  offline: 'offline',
  storage: 'storage-failed',
  'not-a-storage': 'not-a-storage',
  proxy: 'proxy-sign-in',
  'sign-in': 'credentials-expired',
  disk: 'disk-full',
  conflict: 'conflict',
} as const;

type QueueInList = Pick<
  TransferQueue,
  'totals' | 'page' | 'pause' | 'resume' | 'cancel' | 'retry' | 'clear' | 'decide' | 'move'
>;
type DownloadsInList = Pick<Downloads, 'list' | 'has' | 'cancel' | 'retry' | 'clear'>;

/** Uploads and downloads as one list for the window. Downloads come first: they are few, and users wait for them. */
export class TransferList {
  readonly #queue: QueueInList;
  readonly #downloads: DownloadsInList;

  constructor(queue: QueueInList, downloads: DownloadsInList) {
    this.#queue = queue;
    this.#downloads = downloads;
  }

  page(cursor: string | undefined): TransfersPage {
    const { transfers, next } = this.#queue.page(cursor, PAGE_TRANSFERS);
    const downloads = cursor === undefined ? this.#downloads.list() : [];
    return { transfers: [...downloads, ...transfers.map(shown)], ...(next !== undefined && { cursor: next }) };
  }

  totals(): TransferTotals {
    return withDownloads(this.#queue.totals(), this.#downloads.list());
  }

  ofUploads({ changed, removed, totals }: UploadsDelta): TransfersDelta {
    return { changed: changed.map(shown), removed, totals: withDownloads(totals, this.#downloads.list()) };
  }

  ofDownloads({ changed, removed }: DownloadsDelta): TransfersDelta {
    return { changed, removed, totals: this.totals() };
  }

  /** Pauses these uploads, or all. Downloads cannot be paused. */
  pause(ids?: readonly string[]): void {
    this.#queue.pause(ids);
  }

  resume(ids?: readonly string[]): void {
    this.#queue.resume(ids);
  }

  cancel(ids?: readonly string[]): void {
    this.#queue.cancel(ids);
    for (const id of ids ?? this.#downloads.list().map((download) => download.id))
      if (this.#downloads.has(id)) this.#downloads.cancel(id);
  }

  /** Retries these failed or cancelled transfers; default: all failed ones. */
  retry(ids?: readonly string[]): void {
    this.#queue.retry(ids);
    const failed = () => this.#downloads.list().filter(({ state }) => state === 'failed');
    for (const id of ids ?? failed().map((download) => download.id))
      if (this.#downloads.has(id)) this.#downloads.retry(id);
  }

  /** For names that are taken, with other content: these uploads, or all that ask. */
  decide(answer: ConflictAnswer, ids?: readonly string[]): void {
    this.#queue.decide(answer, ids);
  }

  /** Waiting uploads go before another waiting one; `null`: to the end. */
  move(ids: readonly string[], before: string | null): void {
    this.#queue.move(ids, before);
  }

  clear(): void {
    this.#queue.clear();
    this.#downloads.clear();
  }
}

function shown({ policy: _policy, ...upload }: UploadTransfer): Transfer {
  const reason = reasonOf(upload);
  return { ...upload, ...(reason && { error: reason }) };
}

/** What the upload met itself says more than what its kind of wait is about. */
function reasonOf({ blockedFor, error }: Pick<UploadTransfer, 'blockedFor' | 'error'>): ErrorReport | undefined {
  if (blockedFor === undefined || blockedFor === 'file-settling') return undefined;
  if (error && pauseReasonOf(error.code) === blockedFor) return error;
  const code = WAITS_FOR[blockedFor];
  return { code, ...ERRORS[code] };
}

function withDownloads(totals: TransferTotals, downloads: readonly Transfer[]): TransferTotals {
  if (downloads.length === 0) return totals;
  const counted = downloads.filter(({ state }) => state !== 'failed' && state !== 'cancelled' && state !== 'skipped');
  const sum = (of: (download: Transfer) => number) => counted.reduce((total, download) => total + of(download), 0);
  const size = totals.size + sum((download) => download.size);
  const sent = totals.sent + sum((download) => download.sent);
  const bytesPerSecond = totals.bytesPerSecond + sum((download) => download.bytesPerSecond);
  const openDownloads = downloads.filter(({ state }) => state === 'running' || state === 'waiting').length;
  return {
    files: filesWith(totals.files, downloads),
    ...{ size, sent, bytesPerSecond },
    ...(openDownloads > 0 && { openDownloads }),
    ...(bytesPerSecond > 0 && { secondsLeft: Math.ceil((size - sent) / bytesPerSecond) }),
    ...(totals.note && { note: totals.note }),
  };
}

function filesWith(files: TransferTotals['files'], downloads: readonly Transfer[]): TransferTotals['files'] {
  const together = { ...files };
  for (const state of TRANSFER_STATES)
    together[state] += downloads.filter((download) => download.state === state).length;
  return together;
}

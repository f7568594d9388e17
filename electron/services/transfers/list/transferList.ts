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
import type { TransferQueue } from '../queue/queue.ts';

/** Transfers in one answer: a page of so many is cloned to the window within a frame or two. */
const PAGE_TRANSFERS = 1000;

/** What a blocked upload waits for, in the words of the errors that lead there. */
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
type CopiesInList = Pick<Downloads, 'list' | 'has' | 'cancel' | 'retry' | 'clear'>;

/** Uploads and copies as one list, as a window shows it: copies first, since there are few and somebody waits for them. */
export class TransferList {
  readonly #queue: QueueInList;
  readonly #copies: CopiesInList;

  constructor(queue: QueueInList, copies: CopiesInList) {
    this.#queue = queue;
    this.#copies = copies;
  }

  page(cursor: string | undefined): TransfersPage {
    const { transfers, next } = this.#queue.page(cursor, PAGE_TRANSFERS);
    const copies = cursor === undefined ? this.#copies.list() : [];
    return { transfers: [...copies, ...transfers.map(shown)], ...(next !== undefined && { cursor: next }) };
  }

  totals(): TransferTotals {
    return withCopies(this.#queue.totals(), this.#copies.list());
  }

  ofUploads({ changed, removed, totals }: UploadsDelta): TransfersDelta {
    return { changed: changed.map(shown), removed, totals: withCopies(totals, this.#copies.list()) };
  }

  ofCopies({ changed, removed }: DownloadsDelta): TransfersDelta {
    return { changed, removed, totals: this.totals() };
  }

  /** These, or all. A copy goes on until it is there or cancelled. */
  pause(ids?: readonly string[]): void {
    this.#queue.pause(ids);
  }

  resume(ids?: readonly string[]): void {
    this.#queue.resume(ids);
  }

  cancel(ids?: readonly string[]): void {
    this.#queue.cancel(ids);
    for (const id of ids ?? this.#copies.list().map((copy) => copy.id))
      if (this.#copies.has(id)) this.#copies.cancel(id);
  }

  /** These that failed or were cancelled; or all that failed. */
  retry(ids?: readonly string[]): void {
    this.#queue.retry(ids);
    const failed = () => this.#copies.list().filter(({ state }) => state === 'failed');
    for (const id of ids ?? failed().map((copy) => copy.id)) if (this.#copies.has(id)) this.#copies.retry(id);
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
    this.#copies.clear();
  }
}

function shown({ policy: _policy, ...upload }: UploadTransfer): Transfer {
  const reason = reasonOf(upload);
  return { ...upload, ...(reason && { error: reason }) };
}

function reasonOf({ blockedFor }: Pick<UploadTransfer, 'blockedFor'>): ErrorReport | undefined {
  if (blockedFor === undefined || blockedFor === 'file-settling') return undefined;
  const code = WAITS_FOR[blockedFor];
  return { code, ...ERRORS[code] };
}

function withCopies(totals: TransferTotals, copies: readonly Transfer[]): TransferTotals {
  if (copies.length === 0) return totals;
  const counted = copies.filter(({ state }) => state !== 'failed' && state !== 'cancelled' && state !== 'skipped');
  const sum = (of: (copy: Transfer) => number) => counted.reduce((total, copy) => total + of(copy), 0);
  const size = totals.size + sum((copy) => copy.size);
  const sent = totals.sent + sum((copy) => copy.sent);
  const bytesPerSecond = totals.bytesPerSecond + sum((copy) => copy.bytesPerSecond);
  const openDownloads = copies.filter(({ state }) => state === 'running').length;
  return {
    files: filesWith(totals.files, copies),
    ...{ size, sent, bytesPerSecond },
    ...(openDownloads > 0 && { openDownloads }),
    ...(bytesPerSecond > 0 && { secondsLeft: Math.ceil((size - sent) / bytesPerSecond) }),
    ...(totals.note && { note: totals.note }),
  };
}

function filesWith(files: TransferTotals['files'], copies: readonly Transfer[]): TransferTotals['files'] {
  const together = { ...files };
  for (const state of TRANSFER_STATES) together[state] += copies.filter((copy) => copy.state === state).length;
  return together;
}

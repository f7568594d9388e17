import { join } from 'node:path';
import type { Transfer } from '../../shared/ipc.ts';
import { ERRORS, type ErrorReport } from '../../shared/errors.ts';
import { TransferQueue, type TransferQueueOptions } from './transfers/queue.ts';
import { Journal } from './transfers/journal.ts';
import type { UploadTransfer } from './transfers/transfer.ts';

/** What a blocked upload waits for, in the words of the errors that lead there. */
const WAITS_FOR = {
  offline: 'offline',
  'sign-in': 'credentials-expired',
  disk: 'disk-full',
  conflict: 'conflict',
} as const;

export interface AppUploadsOptions extends Omit<TransferQueueOptions, 'journal' | 'changed'> {
  /** Where the journal of unfinished uploads is kept; one process at a time. */
  folder: string;
  changed: () => void;
}

/** The transfer engine as a window shows it: every upload as one of the transfers of the contract. */
export class AppUploads {
  readonly queue: TransferQueue;

  constructor({ folder, changed, ...options }: AppUploadsOptions) {
    this.queue = new TransferQueue({ ...options, journal: new Journal(join(folder, 'transfers')), changed });
  }

  list(): Transfer[] {
    return this.queue.list().map(toTransfer);
  }

  /** @throws NearplayError file-unreadable, no-preferences */
  async add(folder: string, paths: readonly string[]): Promise<Transfer[]> {
    const ids = new Set(await this.queue.add(folder, paths));
    return this.list().filter(({ id }) => ids.has(id));
  }

  cancel(id: string): void {
    this.queue.cancel([id]);
  }

  retry(id: string): Transfer | undefined {
    this.queue.retry([id]);
    return this.list().find((transfer) => transfer.id === id);
  }
}

function toTransfer(upload: UploadTransfer): Transfer {
  const { id, direction, name, key, size, sent, bytesPerSecond, startedAt, state, error } = upload;
  const shown = reasonOf(upload) ?? error;
  return {
    ...{ id, direction, name, key, size, sent, bytesPerSecond, startedAt },
    state: state === 'paused' || state === 'blocked' ? 'waiting' : state === 'skipped' ? 'done' : state,
    ...(shown && { error: shown }),
  };
}

function reasonOf({ blockedFor }: UploadTransfer): ErrorReport | undefined {
  if (blockedFor === undefined || blockedFor === 'file-growing') return undefined;
  const code = WAITS_FOR[blockedFor];
  return { code, ...ERRORS[code] };
}

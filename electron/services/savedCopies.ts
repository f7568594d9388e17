import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Transfer } from '../../shared/ipc.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import type { Log } from './contract.ts';
import { download } from './downloads.ts';
import type { Studio } from './studio.ts';

const SECOND = 1000;

export interface SavedCopiesOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  /** What is new since the last time, at most ten times a second. */
  changed: (news: CopiesNews) => void;
  now: () => number;
  log: Log;
}

export interface CopiesNews {
  changed: Transfer[];
  removed: string[];
}

/** Before all uploads, whose places count up from 1; the latest first. */
const FIRST_PLACE = -1e9;

interface Copy {
  transfer: Transfer;
  file: string;
  abort: AbortController;
}

/** Files on their way from the nearest storage to this computer, as transfers among the others. */
export class SavedCopies {
  readonly #options: SavedCopiesOptions;
  readonly #copies = new Map<string, Copy>();
  readonly #running = new Set<Promise<void>>();
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #places = FIRST_PLACE;
  #announced = false;

  constructor(options: SavedCopiesOptions) {
    this.#options = options;
  }

  list(): Transfer[] {
    return [...this.#copies.values()].map(({ transfer }) => ({ ...transfer }));
  }

  has(id: string): boolean {
    return this.#copies.has(id);
  }

  /** @param file where to; what is there is replaced once all bytes have arrived. */
  add(key: string, file: string): Transfer {
    this.#options.studio();
    const transfer: Transfer = {
      id: randomUUID(),
      direction: 'download',
      name: basename(file),
      key,
      order: (this.#places -= 1),
      state: 'running',
      size: 0,
      sent: 0,
      confirmed: 0,
      bytesPerSecond: 0,
      startedAt: this.#options.now(),
    };
    const copy = { transfer, file, abort: new AbortController() };
    this.#copies.set(transfer.id, copy);
    this.#start(copy);
    return { ...transfer };
  }

  cancel(id: string): void {
    const copy = this.#find(id);
    if (copy.transfer.state !== 'running') return;
    copy.abort.abort();
    Object.assign(copy.transfer, { state: 'cancelled', bytesPerSecond: 0 });
    this.#announce(copy);
  }

  retry(id: string): Transfer {
    const copy = this.#find(id);
    if (copy.transfer.state !== 'failed' && copy.transfer.state !== 'cancelled') return { ...copy.transfer };
    const { error: _error, ...rest } = copy.transfer;
    copy.transfer = { ...rest, state: 'running', sent: 0, confirmed: 0, startedAt: this.#options.now() };
    copy.abort = new AbortController();
    this.#start(copy);
    return { ...copy.transfer };
  }

  clear(): void {
    for (const [id, { transfer }] of this.#copies) {
      if (transfer.state === 'running') continue;
      this.#copies.delete(id);
      this.#changed.delete(id);
      this.#removed.add(id);
    }
    this.#announceSoon();
  }

  /** Cancels what runs and waits until it let go of its files. */
  async stop(): Promise<void> {
    for (const { abort } of this.#copies.values()) abort.abort();
    await Promise.allSettled(this.#running);
  }

  #start(copy: Copy): void {
    const run = this.#run(copy).finally(() => this.#running.delete(run));
    this.#running.add(run);
    this.#announce(copy);
  }

  async #run(copy: Copy): Promise<void> {
    const { transfer, file, abort } = copy;
    const { studio, now, log } = this.#options;
    try {
      const done = await download(studio(), transfer.key, file, {
        signal: abort.signal,
        progress: (received, size) => {
          const elapsed = Math.max(1, now() - transfer.startedAt) / SECOND;
          Object.assign(transfer, {
            sent: received,
            confirmed: received,
            size,
            bytesPerSecond: Math.round(received / elapsed),
          });
          this.#announce(copy);
        },
      });
      if (abort.signal.aborted) return;
      Object.assign(transfer, {
        state: 'done',
        size: done.size,
        sent: done.size,
        confirmed: done.size,
        bytesPerSecond: 0,
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      log.warn('A copy could not be saved', { key: transfer.key, error });
      Object.assign(transfer, { state: 'failed', error: reportOf(error), bytesPerSecond: 0 });
    }
    this.#announce(copy);
  }

  #find(id: string): Copy {
    const copy = this.#copies.get(id);
    if (!copy) throw new NearplayError('bad-request', 'This transfer is not in the list any more.');
    return copy;
  }

  #announce({ transfer }: Copy): void {
    this.#changed.add(transfer.id);
    this.#announceSoon();
  }

  #announceSoon(): void {
    if (this.#announced) return;
    this.#announced = true;
    setTimeout(() => {
      this.#announced = false;
      const changed = [...this.#changed].flatMap((id) => this.#copies.get(id)?.transfer ?? []);
      const removed = [...this.#removed];
      this.#changed.clear();
      this.#removed.clear();
      this.#options.changed({ changed: changed.map((transfer) => ({ ...transfer })), removed });
    }, SECOND / 10).unref();
  }
}

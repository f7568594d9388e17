import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { NearplayError, reportOf } from '../../../../shared/errors.ts';
import { isOver, type Transfer } from '../../../../shared/transfers.ts';
import { DAY_MS, SECOND_MS } from '../../../../shared/units.ts';
import { removeTemporariesOf, replaceFile } from '../../files/atomicFile.ts';
import { readRegularFile } from '../../files/smallFile.ts';
import { utf8Text } from '../../files/utf8Text.ts';
import type { Studio } from '../../reading/studio.ts';
import type { Log } from '../../runtime/log.ts';
import { thisMachine } from '../../runtime/machine.ts';
import type { WaitReason } from '../../storage/refusals.ts';
import { ThroughputMeter } from '../jobs/throughputMeter.ts';
import { discardLeft } from './destinationClaim.ts';
import { download, type DownloadOptions, STOPPED } from './download.ts';

/** Copies that were not finished for so long are given up, and what they left beside their destinations is removed. */
const UNFINISHED_MAX_AGE_MS = 30 * DAY_MS;
/** A window can wait for all of it; a terminal is told of a full disk at once. */
const WAITS_FOR: ReadonlySet<WaitReason> = new Set(['offline', 'sign-in', 'disk']);

export interface DownloadsOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  /** What is new since the last time, at most ten times a second. */
  changed: (news: DownloadsDelta) => void;
  /** Where copies that are not finished are kept over a restart; absolute. */
  file: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Log;
  /** Of downloads; for tests. */
  download?: Pick<DownloadOptions, 'idleMs' | 'random'>;
}

export interface DownloadsDelta {
  changed: Transfer[];
  removed: string[];
}

/** Before all uploads, whose places count up from 1; the latest first. */
const FIRST_PLACE = -1e9;

const keptSchema = z.object({
  version: z.literal(1),
  copies: z.array(
    z.object({
      id: z.string(),
      key: z.string(),
      file: z.string(),
      startedAt: z.number(),
      token: z.string().optional(),
    }),
  ),
});

interface Copy {
  transfer: Transfer;
  file: string;
  abort: AbortController;
  /** Of the claim that an earlier process, or an earlier attempt, had on the destination. */
  token: string | undefined;
  speed: ThroughputMeter;
  tryNow: (() => void) | undefined;
  /** Its attempt, the last one; never rejects. */
  run: Promise<void>;
}

/**
 * Files on their way from the nearest storage to this computer, as transfers among the others. Those that are not finished
 * when the app ends go on by themselves when it is started again.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #copies = new Map<string, Copy>();
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  #places = FIRST_PLACE;
  #announced = false;
  #keeping: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** Goes on with what was not finished. Never rejects: a list that cannot be read is set aside in the log. */
  async start(): Promise<void> {
    await removeTemporariesOf(this.#options.file);
    for (const { id, key, file, startedAt, token } of await this.#read()) {
      if (await this.#isWorthwhile(file, startedAt)) this.#start(this.#put(id, key, file, startedAt, token));
    }
    if (this.#copies.size > 0) this.#keep();
  }

  list(): Transfer[] {
    return [...this.#copies.values()].map(({ transfer }) => ({ ...transfer }));
  }

  has(id: string): boolean {
    return this.#copies.has(id);
  }

  /**
   * Joins a copy of the same object that is on its way there already.
   *
   * @param file where to; what is there is replaced once all bytes have arrived and are proved.
   * @throws NearplayError same-destination when another object is being saved there
   */
  add(key: string, file: string): Transfer {
    this.#options.studio();
    const there = [...this.#copies.values()].find((copy) => !isOver(copy.transfer) && isSamePlace(copy.file, file));
    if (there?.transfer.key === key) return { ...there.transfer };
    if (there) {
      const message = `"${there.transfer.key}" is being saved there already. Wait for it, or choose another name.`;
      throw new NearplayError('same-destination', message);
    }
    const copy = this.#put(randomUUID(), key, file, this.#options.now(), undefined);
    this.#start(copy);
    this.#keep();
    return { ...copy.transfer };
  }

  cancel(id: string): void {
    const copy = this.#find(id);
    if (isOver(copy.transfer)) return;
    copy.abort.abort();
    this.#over(copy, { state: 'cancelled' });
  }

  retry(id: string): Transfer {
    const copy = this.#find(id);
    const { state } = copy.transfer;
    if (state !== 'failed' && state !== 'cancelled') return { ...copy.transfer };
    const { error: _error, finishedAt: _finishedAt, ...rest } = copy.transfer;
    copy.transfer = { ...rest, state: 'running', sent: 0, confirmed: 0, startedAt: this.#options.now() };
    copy.abort = new AbortController();
    this.#start(copy);
    this.#keep();
    return { ...copy.transfer };
  }

  clear(): void {
    for (const [id, { transfer }] of this.#copies) {
      if (!isOver(transfer)) continue;
      this.#copies.delete(id);
      this.#changed.delete(id);
      this.#removed.add(id);
    }
    this.#announceSoon();
  }

  /** Where a finished one lies. @throws NearplayError bad-request for one that is not done, file-unreadable when it is gone */
  async savedFile(id: string): Promise<string> {
    const { file, transfer } = this.#find(id);
    if (transfer.state !== 'done') throw new NearplayError('bad-request', 'This file is not saved yet.');
    const found = await stat(file).catch(() => undefined);
    if (!found) throw new NearplayError('file-unreadable', `"${transfer.name}" is not where it was saved any more.`);
    return file;
  }

  /** Something says that it may work now: what waits is tried at once. */
  tryNow(): void {
    for (const { tryNow } of this.#copies.values()) tryNow?.();
  }

  /** Ends what runs, so that it goes on the next time, and waits until it let go of its files. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { abort } of this.#copies.values()) abort.abort(STOPPED);
    await Promise.all([...this.#copies.values()].map(({ run }) => run));
    await this.#keeping;
  }

  #put(id: string, key: string, file: string, startedAt: number, token: string | undefined): Copy {
    const transfer: Transfer = {
      ...{ id, direction: 'download', name: basename(file), key, order: (this.#places -= 1), state: 'running' },
      ...{ size: 0, sent: 0, confirmed: 0, bytesPerSecond: 0, startedAt },
    };
    const copy: Copy = {
      ...{ transfer, file, abort: new AbortController(), token },
      ...{ speed: new ThroughputMeter(), tryNow: undefined, run: Promise.resolve() },
    };
    this.#copies.set(id, copy);
    return copy;
  }

  #start(copy: Copy): void {
    // One that was cancelled a moment ago may still hold the destination.
    const before = [...this.#copies.values()].filter(({ file }) => isSamePlace(file, copy.file)).map(({ run }) => run);
    copy.run = Promise.all(before).then(() => this.#run(copy));
    this.#announce(copy);
  }

  async #run(copy: Copy): Promise<void> {
    const { file, abort } = copy;
    const { studio, log } = this.#options;
    const { key } = copy.transfer;
    try {
      const { size, provedBy } = await download(studio, key, file, {
        ...this.#options.download,
        ...{ signal: abort.signal, waitsFor: WAITS_FOR, formerToken: copy.token },
        claimed: (_path, token) => {
          copy.token = token;
          this.#keep();
        },
        progress: (received, whole) => this.#progress(copy, received, whole),
        waiting: ({ for: blockedFor, error, tryNow }) => {
          copy.tryNow = tryNow;
          Object.assign(copy.transfer, { state: 'blocked', blockedFor, error: error.report(), bytesPerSecond: 0 });
          this.#announce(copy);
        },
        beginsAgain: (why) => log.warn('A copy begins again', { key, why }),
      });
      if (copy.abort !== abort || isOver(copy.transfer)) return;
      const unproved = provedBy === null ? { unproved: true as const } : {};
      this.#over(copy, { ...{ state: 'done', size, sent: size, confirmed: size }, ...unproved });
    } catch (error) {
      if (abort.signal.aborted || this.#stopped) return;
      log.warn('A copy could not be saved', { key, error });
      this.#over(copy, { state: 'failed', error: reportOf(error) });
    }
  }

  #progress(copy: Copy, received: number, size: number): void {
    const { error: _error, blockedFor: _blockedFor, ...transfer } = copy.transfer;
    if (isOver(transfer)) return;
    const moved = Math.max(0, received - transfer.sent);
    copy.tryNow = undefined;
    copy.speed.addBytes(moved, performance.now());
    const bytesPerSecond = copy.speed.bytesPerSecond(performance.now());
    copy.transfer = { ...transfer, state: 'running', sent: received, confirmed: received, size, bytesPerSecond };
    this.#announce(copy);
  }

  #over(copy: Copy, change: Partial<Transfer>): void {
    const { error: _error, blockedFor: _blockedFor, ...transfer } = copy.transfer;
    copy.transfer = { ...transfer, ...change, bytesPerSecond: 0, finishedAt: this.#options.now() };
    copy.tryNow = undefined;
    this.#announce(copy);
    this.#keep();
  }

  #find(id: string): Copy {
    const copy = this.#copies.get(id);
    if (!copy) throw new NearplayError('bad-request', 'This transfer is not in the list any more.');
    return copy;
  }

  async #read(): Promise<z.infer<typeof keptSchema>['copies']> {
    const { file, log } = this.#options;
    let bytes: Buffer;
    try {
      bytes = await readRegularFile(file);
    } catch {
      return [];
    }
    try {
      return keptSchema.parse(JSON.parse(utf8Text(bytes))).copies;
    } catch (error) {
      const aside = `${file}.damaged-${this.#options.now()}`;
      log.warn('The list of unfinished copies cannot be understood and is set aside', { file, aside, error });
      await rename(file, aside).catch(() => undefined);
      return [];
    }
  }

  /** Not after a month, nor where the folder is gone: then what is left of it is removed. */
  async #isWorthwhile(file: string, startedAt: number): Promise<boolean> {
    const isFolderThere = await stat(dirname(file)).catch(() => undefined);
    if (isFolderThere && this.#options.now() - startedAt < UNFINISHED_MAX_AGE_MS) return true;
    this.#options.log.warn('An unfinished copy is given up', { file, startedAt });
    if (isFolderThere) await discardLeft(file, { machine: await thisMachine() });
    return false;
  }

  /** Writes down which copies are open, one writing after the other. A disk that takes no note costs only the going on. */
  #keep(): void {
    this.#keeping = this.#keeping
      .then(() => this.#writeDown())
      .catch((error: unknown) => {
        this.#options.log.warn('The list of unfinished copies could not be written', { error });
      });
  }

  async #writeDown(): Promise<void> {
    const open = [...this.#copies.values()].filter(({ transfer }) => !isOver(transfer));
    const copies = open.map(({ transfer: { id, key, startedAt }, file, token }) => ({
      ...{ id, key, file, startedAt },
      ...(token !== undefined && { token }),
    }));
    if (copies.length === 0) return rm(this.#options.file, { force: true });
    return replaceFile(this.#options.file, JSON.stringify({ version: 1, copies }));
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
    }, SECOND_MS / 10).unref();
  }
}

/** Whether two paths are the same file, as far as their letters tell: Windows and macOS take `A` and `a` for one. */
function isSamePlace(a: string, b: string): boolean {
  const folded = (path: string) => {
    const whole = resolve(path).normalize('NFC');
    return process.platform === 'linux' ? whole : whole.toLowerCase();
  };
  return folded(a) === folded(b);
}

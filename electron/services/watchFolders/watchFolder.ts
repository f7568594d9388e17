import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ErrorReport, NearplayError, reportOf } from '../../../shared/errors.ts';
import { asFolder } from '../../../shared/keys.ts';
import { type LeftOut, type LeftOutList, NOTHING_LEFT_OUT } from '../../../shared/leftOut.ts';
import type { Settings } from '../../../shared/settings.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';
import type { WatchFolderStatus } from '../../../shared/uploads.ts';
import { findFiles, type FoundFile } from '../files/findFiles.ts';
import { LeftOutCount } from '../files/leftOut.ts';
import { type LocalDisk, THIS_COMPUTER } from '../files/localDisk.ts';
import { type FileLook, isSameLook } from '../files/stableFile.ts';
import type { Log } from '../runtime/log.ts';
import type { UploadTransfer } from '../transfers/jobs/transfer.ts';
import type { FileToUpload } from '../transfers/queue/queue.ts';
import type { LoggedFile, WatchFolderLog } from './watchFolderLog.ts';

/** Names that programs give a file until it is complete. */
const TEMPORARY_NAME = /(\.(tmp|temp|part|partial|filepart|crdownload|download|swp|lock)|~)$/i;

export type WatchFolderEntry = Settings['watchFolders'][number];

/** The parts of the upload queue that a watch folder uses. */
export interface WatchFolderQueue {
  addFiles(files: readonly FileToUpload[]): Promise<string[]>;
  find(id: string): UploadTransfer | undefined;
  retry(ids: readonly string[]): void;
}

/** Milliseconds. */
export interface WatchFolderTiming {
  /** Between two scans; five times the duration of a scan, if that is longer. */
  scanIntervalMs: number;
  /** The same while a file is being written. */
  settlingScanIntervalMs: number;
  /**
   * A file is queued when two scans this far apart found it unchanged, regardless of its date: copying programs set
   * dates back.
   */
  stableForMs: number;
  /** Time-out for one answer of the drive. */
  answerTimeoutMs: number;
}

export const WATCH_FOLDER_TIMING: WatchFolderTiming = {
  ...{
    scanIntervalMs: 5 * SECOND_MS,
    settlingScanIntervalMs: 2 * SECOND_MS,
    stableForMs: 4 * SECOND_MS,
    answerTimeoutMs: MINUTE_MS,
  },
};
/** Rest after a scan, as a multiple of its duration. */
const REST_PER_SCAN_TIME = 5;
/** When more than one file in 20 is new, the next scan skips that rest. */
const MANY_NEW_FRACTION = 20;
/** Events come in bursts. */
const DELAY_AFTER_EVENT_MS = SECOND_MS / 4;
/** Left-out files reported individually. */
const MAX_REPORTED_LEFT_OUT = 10_000;

export interface WatchFolderOptions {
  entry: WatchFolderEntry;
  folderLog: WatchFolderLog;
  queue: WatchFolderQueue;
  changed: () => void;
  /** Milliseconds of a monotonic clock. Default: performance.now. */
  clock?: () => number;
  log: Log;
  timing: WatchFolderTiming;
  /** The other watch folder that has uploaded its own file under this key. */
  ownedElsewhere?: (key: string) => string | undefined;
  /** Called once for each file that is not uploaded. */
  leftOut?: (one: LeftOut) => void;
  /** Default: this computer's. */
  disk?: LocalDisk;
}

/** A file that is not queued yet, and the time since it last changed. */
interface SettlingFile {
  look: FileLook;
  since: number;
}

/**
 * One watch folder: a local folder whose new files are queued, each once. It is scanned at intervals, since no system
 * reports all changes on network drives (Node, "fs.watch", caveats); where the system reports one, the next scan comes
 * sooner. A file is new when its path, size or modification time is, and queued when two scans found it unchanged. A
 * changed file is uploaded again and replaces the object that this folder made from it; another object of that name
 * leads to a question. Hidden and temporary files are ignored until they are renamed.
 */
export class WatchFolder {
  readonly #options: WatchFolderOptions;
  /** Not queued yet, as of the last scan. */
  #settling = new Map<string, SettlingFile>();
  #hasManyNew = false;
  /** As of the last complete scan. */
  #leftOut: LeftOutList = NOTHING_LEFT_OUT;
  /** Already reported. */
  readonly #reportedLeftOut = new Set<string>();
  /** Paths by transfer, until it has ended for good: a failed one may be retried. */
  readonly #transfers = new Map<string, string>();
  /** Transfers among them that wait or run. */
  readonly #open = new Set<string>();
  /** Transfers among them that failed because the file could not be read. */
  readonly #unread = new Set<string>();
  #uploaded = 0;
  #reachable = true;
  #error: ErrorReport | undefined;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #endRest: (() => void) | undefined;

  constructor(options: WatchFolderOptions) {
    this.#options = options;
    for (const [path, { transfer, isOwn }] of options.folderLog.entries()) {
      if (isOwn) this.#uploaded += 1;
      if (transfer !== undefined) this.#follow(transfer, path);
    }
    this.transfersChanged([...this.#transfers.keys()].flatMap((id) => options.queue.find(id) ?? []));
    // Removed from the list meanwhile.
    this.transfersRemoved([...this.#transfers.keys()].filter((id) => !options.queue.find(id)));
  }

  get entry(): WatchFolderEntry {
    return this.#options.entry;
  }

  status(): WatchFolderStatus {
    const { id, path, folder, paused } = this.#options.entry;
    return {
      ...{ id, path, folder, uploaded: this.#uploaded, waiting: this.#settling.size + this.#open.size },
      state: paused ? 'paused' : this.#reachable ? 'watching' : 'unreachable',
      ...(this.#error && !paused && { error: this.#error }),
      ...(this.#leftOut.count > 0 && { leftOut: this.#leftOut }),
    };
  }

  /** Logs all existing files as known, without uploading them. @throws NearplayError file-unreadable */
  async skipExisting(): Promise<void> {
    for await (const files of this.#files(new AbortController().signal, () => undefined)) {
      const known = files.map((file): [string, LoggedFile] => [
        relativePath(file),
        { size: file.size, mtimeMs: file.mtimeMs, isOwn: false },
      ]);
      await this.#record(known);
    }
  }

  start(): void {
    if (this.#stopping) return;
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    this.#running = this.#run(signal);
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#stopping = undefined;
    this.#endRest?.();
    await this.#running;
  }

  /** Takes over changes of transfers, its own among them. */
  transfersChanged(transfers: readonly UploadTransfer[]): void {
    const over: [string, LoggedFile][] = [];
    for (const { id, state, key, error } of transfers) {
      const path = this.#transfers.get(id);
      const known = path === undefined ? undefined : this.#options.folderLog.get(path);
      if (path === undefined || known?.transfer !== id) continue;
      if (state === 'waiting' || state === 'running' || state === 'paused' || state === 'blocked') {
        this.#open.add(id);
        continue;
      }
      this.#open.delete(id);
      if (state === 'failed') {
        if (error?.code === 'file-unreadable') this.#unread.add(id);
        continue;
      }
      this.#transfers.delete(id);
      const isOwn = known.isOwn || (state === 'done' && key === this.#keyOf(path));
      if (isOwn && !known.isOwn) this.#uploaded += 1;
      over.push([path, { size: known.size, mtimeMs: known.mtimeMs, isOwn }]);
    }
    this.#recordFinished(over);
  }

  /** Transfers that have been removed from the list: they cannot be retried. */
  transfersRemoved(ids: readonly string[]): void {
    const over: [string, LoggedFile][] = [];
    for (const id of ids) {
      const path = this.#transfers.get(id);
      const known = path === undefined ? undefined : this.#options.folderLog.get(path);
      this.#transfers.delete(id);
      this.#open.delete(id);
      this.#unread.delete(id);
      if (path === undefined || known?.transfer !== id) continue;
      over.push([path, { size: known.size, mtimeMs: known.mtimeMs, isOwn: known.isOwn }]);
    }
    this.#recordFinished(over);
  }

  #recordFinished(files: [string, LoggedFile][]): void {
    if (files.length === 0) return;
    void this.#record(files);
    this.#options.changed();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { timing, changed } = this.#options;
    while (!signal.aborted) {
      const watcher = (await this.#isAnswering(signal)) ? this.#watcher() : undefined;
      const began = performance.now();
      try {
        await this.#scan(signal);
      } catch (error) {
        this.#failed(error);
      }
      changed();
      const look = this.#settling.size > 0 ? timing.settlingScanIntervalMs : timing.scanIntervalMs;
      const rest = this.#hasManyNew ? timing.stableForMs : REST_PER_SCAN_TIME * (performance.now() - began);
      await this.#rest(Math.max(look, rest), signal);
      watcher?.close();
    }
  }

  #failed(error: unknown): void {
    if (this.#stopping?.signal.aborted !== false) return;
    this.#error = reportOf(error);
    if (this.#error.code === 'file-unreadable') this.#reachable = false;
    else this.#options.log.warn('A watch folder could not be scanned', { path: this.entry.path, error });
  }

  async #scan(signal: AbortSignal): Promise<void> {
    const growing = new Map<string, SettlingFile>();
    const left = new LeftOutCount();
    const leftOut = (one: LeftOut) => {
      // The folder itself is missing, or access was denied.
      if (one.path === this.entry.path) throw new NearplayError('file-unreadable', `"${one.path}" cannot be read.`);
      if (one.why === 'vanished') return;
      left.add(one);
      this.#reportLeftOut(one);
    };
    const names = new SeenNames();
    let seen = 0;
    for await (const files of this.#files(signal, leftOut)) {
      seen += files.length;
      const own = files.filter((file) => this.#hasOwnName(file, names, leftOut));
      await this.#enqueue(own.filter((file) => this.#isDue(file, growing)));
      await nextTurn();
    }
    const isNew = (path: string) => !this.#settling.has(path);
    this.#hasManyNew = [...growing.keys()].filter(isNew).length * MANY_NEW_FRACTION > seen;
    this.#settling = growing;
    this.#leftOut = left.list();
    this.#reachable = true;
    this.#error = undefined;
  }

  /** Whether the file is to be queued now; files still being written go into `settling`. */
  #isDue(file: FoundFile, growing: Map<string, SettlingFile>): boolean {
    const path = relativePath(file);
    const known = this.#options.folderLog.get(path);
    const { transfer } = known ?? {};
    if (transfer !== undefined && this.#unread.delete(transfer)) this.#options.queue.retry([transfer]);
    // The queue checks the file itself before it sends it.
    if (transfer !== undefined && this.#open.has(transfer)) return false;
    if (known?.size === file.size && known.mtimeMs === file.mtimeMs) return false;
    const now = (this.#options.clock ?? performance.now.bind(performance))();
    const before = this.#settling.get(path);
    const isSame = before !== undefined && isSameLook(before.look, file);
    if (isSame && now - before.since >= this.#options.timing.stableForMs) return true;
    const { size, mtimeMs, ctimeMs, inode } = file;
    growing.set(path, isSame ? before : { look: { size, mtimeMs, ctimeMs, inode }, since: now });
    return false;
  }

  /** Whether no other local file has this key: neither one of this folder nor one of another watch folder. */
  #hasOwnName(file: FoundFile, names: SeenNames, leftOut: (one: LeftOut) => void): boolean {
    const path = relativePath(file);
    const other = names.add(path, file.path) ?? this.#options.ownedElsewhere?.(this.#keyOf(path));
    if (other === undefined) return true;
    leftOut({ path: file.path, why: 'same-destination', detail: `It is "${other}".` });
    return false;
  }

  #reportLeftOut(one: LeftOut): void {
    const what = `${one.why} ${one.path}`;
    if (this.#reportedLeftOut.has(what) || this.#reportedLeftOut.size >= MAX_REPORTED_LEFT_OUT) return;
    this.#reportedLeftOut.add(what);
    this.#options.log.warn('Left out of a watch folder', { ...one });
    this.#options.leftOut?.(one);
  }

  /** The local file whose content is stored, or being uploaded, under this key. */
  ownerOf(key: string): string | undefined {
    const folder = asFolder(this.entry.folder);
    if (!key.startsWith(folder)) return undefined;
    const path = key.slice(folder.length);
    const known = this.#options.folderLog.get(path);
    return known?.isOwn || known?.transfer !== undefined ? join(this.entry.path, path) : undefined;
  }

  /** The queue comes first: its journal is durable, and a file queued twice after a crash is found to be identical. */
  async #enqueue(files: readonly FoundFile[]): Promise<void> {
    if (files.length === 0) return;
    const { folderLog, queue, changed } = this.#options;
    const given = files.map((file): FileToUpload => {
      const path = relativePath(file);
      return { file, key: this.#keyOf(path), onConflict: folderLog.get(path)?.isOwn ? 'replace' : 'ask' };
    });
    const ids = await queue.addFiles(given);
    const handed = files.flatMap((file, index): [string, LoggedFile][] => {
      const transfer = ids[index];
      if (transfer === undefined) return [];
      const path = relativePath(file);
      this.#follow(transfer, path);
      const isOwn = folderLog.get(path)?.isOwn ?? false;
      return [[path, { size: file.size, mtimeMs: file.mtimeMs, transfer, isOwn }]];
    });
    await this.#record(handed);
    // Some may have ended before they were logged.
    this.transfersChanged(ids.flatMap((id) => queue.find(id) ?? []));
    changed();
  }

  #follow(transfer: string, path: string): void {
    this.#transfers.set(transfer, path);
    this.#open.add(transfer);
  }

  async #record(files: readonly [string, LoggedFile][]): Promise<void> {
    try {
      await this.#options.folderLog.record(files);
    } catch (error) {
      // Kept in memory, and written with the next ones.
      this.#options.log.warn('The log of a watch folder could not be written', { path: this.entry.path, error });
    }
  }

  #keyOf(path: string): string {
    return asFolder(this.entry.folder) + path;
  }

  /** @throws NearplayError file-unreadable also when the drive does not answer, cancelled */
  async *#files(signal: AbortSignal, leftOut: (one: LeftOut) => void): AsyncGenerator<FoundFile[]> {
    const found = findFiles([this.entry.path], { leftOut, signal, disk: this.#options.disk });
    for (;;) {
      const next = await this.#answer(found.next(), signal);
      if (next.done === true) return;
      yield next.value.filter(({ name }) => name.includes('/') && !TEMPORARY_NAME.test(name));
    }
  }

  /** Calls to a network drive that is gone may never return. */
  #answer<Result>(asked: Promise<Result>, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(new NearplayError('cancelled'));
      const late = () => reject(new NearplayError('file-unreadable', `"${this.entry.path}" does not answer.`));
      const timer = setTimeout(late, this.#options.timing.answerTimeoutMs);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      asked.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
      });
    });
  }

  #rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#endRest = undefined;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#endRest = end;
      if (signal.aborted) end();
    });
  }

  /** Asked before each start of the watcher: it is started synchronously, and a drive without an answer would hold all. */
  async #isAnswering(signal: AbortSignal): Promise<boolean> {
    const { path } = this.entry;
    const { disk = THIS_COMPUTER } = this.#options;
    return this.#answer(
      disk.ask(path, (on) => on.stat(path), signal),
      signal,
    ).then(
      () => true,
      () => false,
    );
  }

  /**
   * A hint for an earlier scan, never relied upon. On Linux for the top folder only: for subfolders Node would walk the
   * whole tree at once and block for as long (lib/internal/fs/recursive_watch.js).
   */
  #watcher(): FSWatcher | undefined {
    try {
      const watcher = watch(this.entry.path, { recursive: process.platform !== 'linux', persistent: false });
      watcher.on('error', () => watcher.close());
      watcher.once('change', () => setTimeout(() => this.#endRest?.(), DELAY_AFTER_EVENT_MS).unref());
      return watcher;
    } catch {
      return undefined;
    }
  }
}

/** Names of one scan that two files can share: non-ASCII ones, composed and decomposed. */
class SeenNames {
  readonly #files = new Map<string, string>();

  /** @returns the other file with that name. */
  add(name: string, path: string): string | undefined {
    if (/^[\0-\x7f]*$/.test(name)) return undefined;
    const other = this.#files.get(name);
    if (other === undefined) this.#files.set(name, path);
    return other;
  }
}

/** Path relative to the watch folder. */
function relativePath({ name }: FoundFile): string {
  return name.slice(name.indexOf('/') + 1);
}

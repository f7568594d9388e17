import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';
import type { WatchFolderStatus } from '../../../shared/uploads.ts';
import { explainFileError } from '../files/fileErrors.ts';
import type { Log } from '../runtime/log.ts';
import type { UploadsDelta } from '../transfers/jobs/transfer.ts';
import {
  WATCH_FOLDER_TIMING,
  WatchFolder,
  type WatchFolderEntry,
  type WatchFolderQueue,
  type WatchFolderTiming,
} from './watchFolder.ts';
import { WatchFolderLog } from './watchFolderLog.ts';

/** Throttle for change events: the window redraws on each. */
const CHANGE_EVENT_INTERVAL_MS = 250;

export interface WatchFoldersOptions {
  /** The watch folders of the settings. */
  entries: () => readonly WatchFolderEntry[];
  /** @throws NearplayError settings-invalid */
  save: (entries: WatchFolderEntry[]) => void;
  /** Folder of the logs, one file per watch folder. */
  logFolder: string;
  /** Must have read its journal before `start`. */
  queue: WatchFolderQueue;
  changed: (folders: WatchFolderStatus[]) => void;
  log: Log;
  timing?: Partial<WatchFolderTiming>;
}

/** Watch folders: local folders whose new files are uploaded, each once, also across restarts. */
export class WatchFolders {
  readonly #options: WatchFoldersOptions;
  readonly #folders = new Map<string, { folder: WatchFolder; folderLog: WatchFolderLog }>();
  #timer: NodeJS.Timeout | undefined;
  #lastEmitted = '';
  #stopped = false;

  constructor(options: WatchFoldersOptions) {
    this.#options = options;
  }

  list(): WatchFolderStatus[] {
    return [...this.#folders.values()].map(({ folder }) => folder.status());
  }

  /** Starts the watch folders of the settings. Never throws: a folder that cannot be opened is logged and skipped. */
  async start(): Promise<void> {
    for (const entry of this.#options.entries()) {
      try {
        const { folder } = await this.#open(entry);
        if (!entry.paused) folder.start();
      } catch (error) {
        this.#options.log.error('A watch folder cannot be opened', { path: entry.path, error });
      }
    }
    this.#changed();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const { folder, folderLog } of this.#folders.values()) {
      await folder.stop();
      await folderLog.close();
    }
  }

  /**
   * @param folder in the main storage, relative to its prefix: what the local folder contains goes into it.
   * @param existing also uploads what is there already.
   * @throws NearplayError bad-request for what is no folder or is watched already, file-unreadable, disk-full, settings-invalid
   */
  async add(path: string, folder: string, { existing }: { existing: boolean }): Promise<WatchFolderStatus> {
    const local = normalize(path);
    await assertFolder(local);
    const isKnown = this.#options.entries().some((entry) => entry.path === local && entry.folder === folder);
    if (isKnown) throw new NearplayError('bad-request', `"${local}" is watched already.`);
    const entry: WatchFolderEntry = { id: randomUUID(), path: local, folder, paused: false };
    const opened = await this.#open(entry);
    try {
      if (!existing) await opened.folder.skipExisting();
      this.#options.save([...this.#options.entries(), entry]);
    } catch (error) {
      await this.#drop(entry.id);
      throw error;
    }
    opened.folder.start();
    this.#changed();
    return opened.folder.status();
  }

  /** @throws NearplayError bad-request for one that there is not */
  async pause(id: string, paused: boolean): Promise<void> {
    const known = this.#entryOf(id);
    if (known.paused === paused) return;
    const entry = { ...known, paused };
    this.#options.save(this.#options.entries().map((other) => (other.id === id ? entry : other)));
    await this.#folders.get(id)?.folder.stop();
    await this.#folders.get(id)?.folderLog.close();
    const { folder } = await this.#open(entry);
    if (!paused) folder.start();
    this.#changed();
  }

  /** Its uploads, finished and queued, stay. @throws NearplayError bad-request for one that there is not */
  async remove(id: string): Promise<void> {
    this.#entryOf(id);
    this.#options.save(this.#options.entries().filter((entry) => entry.id !== id));
    await this.#drop(id);
    this.#changed();
  }

  /** Passes changes of the queue to the folders. */
  transfersChanged({ changed, removed }: Pick<UploadsDelta, 'changed' | 'removed'>): void {
    // Changes during the stop of the queue are read again at the next start.
    if (this.#stopped) return;
    for (const { folder } of this.#folders.values()) {
      folder.transfersChanged(changed);
      folder.transfersRemoved(removed);
    }
  }

  async #open(entry: WatchFolderEntry) {
    const { logFolder, queue, log, timing } = this.#options;
    const folderLog = await openLog(logFolder, entry.id);
    const folder = new WatchFolder({
      ...{ entry, folderLog, queue, log, changed: () => this.#changed() },
      ownedElsewhere: (key) => this.#ownerOf(key, entry.id),
      timing: { ...WATCH_FOLDER_TIMING, ...timing },
    });
    const opened = { folder, folderLog };
    this.#folders.set(entry.id, opened);
    return opened;
  }

  #ownerOf(key: string, exceptFor: string): string | undefined {
    // Where two folders have it already, the one added first keeps it.
    for (const [id, { folder }] of this.#folders) {
      const owner = folder.ownerOf(key);
      if (owner !== undefined) return id === exceptFor ? undefined : owner;
    }
    return undefined;
  }

  async #drop(id: string): Promise<void> {
    const known = this.#folders.get(id);
    this.#folders.delete(id);
    await known?.folder.stop();
    await known?.folderLog.close();
    await rm(logFile(this.#options.logFolder, id), { force: true });
  }

  #entryOf(id: string): WatchFolderEntry {
    const entry = this.#options.entries().find((one) => one.id === id);
    if (!entry) throw new NearplayError('bad-request', 'This folder is not watched any more.');
    return entry;
  }

  #changed(): void {
    if (this.#timer || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const folders = this.list();
      const emitted = JSON.stringify(folders);
      if (emitted === this.#lastEmitted) return;
      this.#lastEmitted = emitted;
      this.#options.changed(folders);
    }, CHANGE_EVENT_INTERVAL_MS).unref();
  }
}

async function assertFolder(path: string): Promise<void> {
  const found = isAbsolute(path) ? await stat(path).catch(() => undefined) : undefined;
  if (!found?.isDirectory()) throw new NearplayError('bad-request', `"${path}" is not a folder that can be read.`);
}

async function openLog(folder: string, id: string): Promise<WatchFolderLog> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await WatchFolderLog.open(logFile(folder, id));
  } catch (cause) {
    const { code, message } = explainFileError(cause, { path: folder, doing: 'write' });
    throw new NearplayError(code, `Nearplay cannot note what was uploaded from a watch folder. ${message}`, {
      cause,
    });
  }
}

function logFile(folder: string, id: string): string {
  return join(folder, `${id}.jsonl`);
}

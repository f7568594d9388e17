import { syncFolder } from './atomicFile.ts';

interface FolderSync {
  running: Promise<void>;
  /** For all that ask while one is running: it may have begun before their rename. */
  next: Promise<void> | undefined;
}

/** Makes renames in folders durable, many at once: files that get their names side by side share one sync of their folder. */
export class FolderSyncs {
  readonly #folders = new Map<string, FolderSync>();
  readonly #sync: (folder: string) => Promise<void>;

  constructor(sync: (folder: string) => Promise<void> = syncFolder) {
    this.#sync = sync;
  }

  /** Resolves after a sync of the folder that began after the call. @throws the error of the file system */
  after(folder: string): Promise<void> {
    const known = this.#folders.get(folder);
    if (!known) return this.#begin(folder);
    known.next ??= known.running.catch(() => undefined).then(() => this.#begin(folder));
    return known.next;
  }

  #begin(folder: string): Promise<void> {
    const running = this.#sync(folder);
    const entry: FolderSync = { running, next: undefined };
    this.#folders.set(folder, entry);
    const over = () => {
      if (entry.next === undefined && this.#folders.get(folder) === entry) this.#folders.delete(folder);
    };
    running.then(over, over);
    return running;
  }
}

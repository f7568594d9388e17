import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { deadline } from '../runtime/async.ts';
import { POOL_THREADS } from '../runtime/threadPool.ts';
import { MountPoints, readMountinfo } from './mountPoints.ts';

/** Time-out of a drive's answer; the system may leave a request open forever. */
const ANSWER_TIMEOUT_MS = 60 * SECOND_MS;
/** Time-out of closing a file. */
const CLOSE_TIMEOUT_MS = SECOND_MS;
/** Age at which the real path of a chosen folder is resolved again. */
const REAL_PATH_MAX_AGE_MS = 10 * SECOND_MS;
/** The same for a drive that did not answer at all the last time. */
const SILENT_ANSWER_TIMEOUT_MS = 5 * SECOND_MS;

/** Age at which the drive of a folder is determined again. */
const PLACE_MAX_AGE_MS = SECOND_MS;
/** Links to drives that are remembered. */
const MAX_LINKS = 50;

/** File system operations. */
export interface DiskOperations {
  lstat: (path: string) => Promise<BigIntStats>;
  stat: (path: string) => Promise<BigIntStats>;
  /** Names with one byte per character: they need not be UTF-8. */
  readdir: (path: string) => Promise<string[]>;
  open: (path: string, flags: number) => Promise<FileHandle>;
  realpath: (path: string) => Promise<string>;
}

export const DISK_OPERATIONS: DiskOperations = {
  lstat: (path) => lstat(path, { bigint: true }),
  stat: (path) => stat(path, { bigint: true }),
  readdir: (path) => readdir(path, { encoding: 'latin1' }),
  open,
  realpath: (path) => realpath(path),
};

/** The drive of a file does not answer; the file itself may be in order. */
export class NoAnswer extends NearplayError {
  constructor(path: string) {
    super('file-unreadable', `"${path}" cannot be read: its drive does not answer.`);
  }
}

export interface OpenFile {
  handle: FileHandle;
  stats: BigIntStats;
}

export interface LocalDiskOptions {
  operations?: DiskOperations;
  /** Milliseconds until an answer counts as missing. */
  answerTimeoutMs?: number;
  /** Threads of Node's pool; each open request occupies one. */
  threads?: number;
  platform?: string;
  /** Milliseconds of a monotonic clock. */
  clock?: () => number;
}

interface Place {
  /** Requests without an answer. */
  open: number;
  /** Of those, requests that have timed out. */
  stuck: number;
  /** On the disk's clock. */
  answeredAt: number;
  /** It answered nothing during a whole time-out. */
  isSilent: boolean;
  queue: Set<() => void>;
}

/**
 * The disks and network drives of this computer. Each request ends by an answer, an abort or a time-out. An unanswered
 * one occupies a thread of Node's pool (4 by default; libuv, "Thread pool work scheduling"), so an unresponsive drive
 * gets a limited share of them: other drives, the journal and the network continue.
 */
export class LocalDisk {
  readonly operations: DiskOperations;
  readonly platform: string;
  readonly #answerTimeoutMs: number;
  readonly #threads: number;
  readonly #clock: () => number;
  readonly #mounts: MountPoints;
  readonly #places = new Map<string, Place>();
  readonly #real = new Map<string, { path: string; at: number }>();
  /** Over all places. */
  #stuck = 0;
  #last: { folder: string; place: Place; at: number } | undefined;
  /** Chosen folders that are links, the newest last. */
  #links: { from: string; to: string }[] = [];

  constructor(options: LocalDiskOptions = {}) {
    const { platform = process.platform, clock = () => performance.now() } = options;
    this.operations = options.operations ?? DISK_OPERATIONS;
    this.platform = platform;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
    this.#threads = options.threads ?? POOL_THREADS;
    this.#clock = clock;
    this.#mounts = new MountPoints({ platform, clock, mountinfo: readMountinfo });
  }

  /**
   * @param late called with an answer that came after the end of the wait.
   * @param timeoutMs milliseconds until the answer counts as missing.
   * @throws NearplayError cancelled, file-unreadable (NoAnswer); the system's error otherwise
   */
  ask<Answer>(
    path: string,
    question: (operations: DiskOperations) => Promise<Answer>,
    signal?: AbortSignal,
    late?: (answer: Answer) => void,
    timeoutMs = this.#answerTimeoutMs,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new NearplayError('cancelled'));
        return;
      }
      const place = this.#placeOf(path);
      let state: 'queued' | 'asked' | 'left' = 'queued';
      let isStuck = false;
      const leave = (error: NearplayError) => {
        if (state === 'queued') {
          place.queue.delete(begin);
          clearTimeout(timer);
        }
        state = 'left';
        signal?.removeEventListener('abort', cancel);
        reject(error);
        // Queued requests may have to fail as well.
        this.#pump(place);
      };
      // An open request keeps its time-out: that its caller has left says nothing about the drive.
      const cancel = () => {
        timer.unref();
        leave(new NearplayError('cancelled'));
      };
      let askedAt = this.#clock();
      const giveUp = () => {
        if (state !== 'queued') {
          if (place.answeredAt < askedAt) place.isSilent = true;
          isStuck = true;
          this.#countStuck(place, 1);
        }
        leave(new NoAnswer(path));
      };
      const timer = setTimeout(giveUp, place.isSilent ? Math.min(SILENT_ANSWER_TIMEOUT_MS, timeoutMs) : timeoutMs);
      signal?.addEventListener('abort', cancel, { once: true });
      const settle = (then: () => void) => {
        clearTimeout(timer);
        place.open -= 1;
        place.answeredAt = this.#clock();
        place.isSilent = false;
        if (isStuck) this.#countStuck(place, -1);
        if (state !== 'left') {
          signal?.removeEventListener('abort', cancel);
          then();
        }
        this.#pump(place);
      };
      const begin = () => {
        if (this.#isUnresponsive(place)) {
          leave(new NoAnswer(path));
          return;
        }
        state = 'asked';
        askedAt = this.#clock();
        place.open += 1;
        question(this.operations).then(
          (answer) => {
            if (state === 'left') late?.(answer);
            settle(() => resolve(answer));
          },
          (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      };
      if (place.queue.size === 0 && this.#hasRoomFor(place)) begin();
      else {
        place.queue.add(begin);
        this.#pump(place);
      }
    });
  }

  /**
   * Opens for reading, without blocking on pipes (open(2), O_NONBLOCK), and looks at what is open: one request, since each
   * has its wait and its turn.
   */
  open(path: string, { follow }: { follow: boolean }, signal?: AbortSignal): Promise<OpenFile> {
    const { O_RDONLY } = constants;
    // Windows has neither flag.
    const { O_NONBLOCK, O_NOFOLLOW } = constants as { O_NONBLOCK?: number; O_NOFOLLOW?: number };
    const flags = O_RDONLY | (O_NONBLOCK ?? 0) | (follow ? 0 : (O_NOFOLLOW ?? 0));
    return this.ask(
      path,
      async (files) => {
        const handle = await files.open(path, flags);
        try {
          return { handle, stats: await handle.stat({ bigint: true }) };
        } catch (error) {
          void this.close(path, handle);
          throw error;
        }
      },
      signal,
      ({ handle }) => void this.close(path, handle),
    );
  }

  /** Waits at most `CLOSE_TIMEOUT_MS`: the handle of a disconnected drive cannot be closed. */
  async close(path: string, handle: FileHandle): Promise<void> {
    const closed = this.ask(path, () => handle.close()).catch(() => undefined);
    await deadline<unknown>(closed, CLOSE_TIMEOUT_MS, () => undefined);
  }

  /** The real path of a chosen folder, resolved again after ten seconds. @throws as ask */
  async realPathOf(folder: string, signal?: AbortSignal): Promise<string> {
    const known = this.#real.get(folder);
    if (known && this.#clock() - known.at < REAL_PATH_MAX_AGE_MS) return known.path;
    const path = await this.ask(folder, (files) => files.realpath(folder), signal);
    this.#real.set(folder, { path, at: this.#clock() });
    if (path !== folder) {
      const others = this.#links.filter(({ from }) => from !== folder);
      this.#links = [...others, { from: folder, to: path }].slice(-MAX_LINKS);
    }
    return path;
  }

  #placeOf(path: string): Place {
    // Consecutive requests are mostly for files of one folder.
    const folder = path.slice(0, path.lastIndexOf(sep) + 1);
    const now = this.#clock();
    if (this.#last?.folder === folder && now - this.#last.at < PLACE_MAX_AGE_MS) return this.#last.place;
    const name = this.#mounts.of(this.#resolved(path));
    const place = this.#places.get(name) ?? newPlace();
    this.#places.set(name, place);
    this.#last = { folder, place, at: now };
    return place;
  }

  /** Resolves a chosen folder that is a link to a drive. */
  #resolved(path: string): string {
    const link = this.#links.find(({ from }) => path === from || path.startsWith(from + sep));
    return link ? link.to + path.slice(link.from.length) : path;
  }

  #countStuck(place: Place, change: 1 | -1): void {
    place.stuck += change;
    this.#stuck += change;
  }

  #pump(place: Place): void {
    for (const begin of place.queue) {
      if (!this.#isUnresponsive(place) && !this.#hasRoomFor(place)) return;
      place.queue.delete(begin);
      begin();
    }
  }

  /** Whether all its slots are held by unanswered requests. */
  #isUnresponsive(place: Place): boolean {
    return place.stuck > 0 && place.stuck === place.open && !this.#hasRoomFor(place);
  }

  /** At most half of the threads for one drive; one thread is always left for other work. */
  #hasRoomFor(place: Place): boolean {
    const elsewhere = this.#stuck - place.stuck;
    const share = Math.max(1, Math.floor(this.#threads / 2));
    return place.open < share && (place.open === 0 || place.open + elsewhere < this.#threads - 1);
  }
}

function newPlace(): Place {
  const never = Number.NEGATIVE_INFINITY;
  return { open: 0, stuck: 0, answeredAt: never, isSilent: false, queue: new Set() };
}

/** One per process, as the thread pool. */
export const THIS_COMPUTER = new LocalDisk();

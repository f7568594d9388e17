import { type BigIntStats, readlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { sep } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';
import { type DiskOperations, type LocalDisk, THIS_COMPUTER } from './localDisk.ts';

/** Identity of an unchanged file, across restarts too. */
export interface FileIdentity {
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch, with their fraction. */
  mtimeMs: number;
  /** Decimal: an inode may be larger than what a number holds exactly. */
  inode: string;
}

/** A file's state at one look. */
export interface FileLook extends FileIdentity {
  /**
   * Time of the last change of content or metadata, by the system; programs cannot set it. Milliseconds since the
   * epoch.
   */
  ctimeMs: number;
}

export interface OpenOptions {
  /**
   * The chosen folder that contains it: no link is followed then, and the file has to lie below it. Absent: the file
   * was chosen itself.
   */
  root?: string | undefined;
  /** Ends every request to the disk. */
  signal?: AbortSignal | undefined;
  disk?: LocalDisk | undefined;
}

/** Metadata changed, but not size, date or inode: sent parts may still be right. */
export class MetadataChanged extends NearplayError {
  constructor() {
    super('file-changed');
  }
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.inode === b.inode;
}

/** Whether two looks found the same state: a date alone proves nothing, since programs set it back. */
export function isSameLook(a: FileLook, b: FileLook): boolean {
  return isSameFile(a, b) && a.ctimeMs === b.ctimeMs;
}

export function statIdentity({ size, mtimeNs, ctimeNs, ino }: BigIntStats): FileLook {
  return {
    size: Number(size),
    mtimeMs: Number(mtimeNs) / 1e6,
    ctimeMs: Number(ctimeNs) / 1e6,
    inode: ino.toString(),
  };
}

/** A regular file that is read over minutes or hours and must not change meanwhile. */
export class StableFile {
  readonly path: string;
  readonly identity: FileLook;
  /** Time of the last change of the content: nanoseconds since the epoch, which exceed a number. */
  readonly mtimeNs: bigint;
  readonly #ctimeNs: bigint;
  readonly #handle: FileHandle;
  readonly #disk: LocalDisk;
  readonly #options: OpenOptions;

  private constructor(
    path: string,
    handle: FileHandle,
    stats: BigIntStats,
    options: OpenOptions & { disk: LocalDisk },
  ) {
    this.path = path;
    this.#handle = handle;
    this.#options = options;
    this.#disk = options.disk;
    this.identity = statIdentity(stats);
    this.mtimeNs = stats.mtimeNs;
    this.#ctimeNs = stats.ctimeNs;
  }

  /**
   * @throws NearplayError not-a-file for anything but a regular file, and for a file of a chosen folder that is a link
   *   now or lies elsewhere; file-unreadable, cancelled
   */
  static async open(path: string, options: OpenOptions = {}): Promise<StableFile> {
    const { root, signal, disk = THIS_COMPUTER } = options;
    const follow = root === undefined;
    try {
      // For systems without O_NOFOLLOW.
      if (!follow && disk.platform === 'win32')
        refuseUnlessFile(path, await disk.ask(path, (on) => on.lstat(path), signal));
      const { handle, stats } = await disk.open(path, { follow }, signal);
      try {
        refuseUnlessFile(path, stats);
        if (!follow) await assertBelow(root, path, handle, disk, signal);
        return new StableFile(path, handle, stats, { ...options, disk });
      } catch (error) {
        await disk.close(path, handle);
        throw error;
      }
    } catch (cause) {
      throw explained(path, cause);
    }
  }

  /**
   * Checks the path, not the open file: programs that save by renaming leave the open one unchanged.
   *
   * @throws NearplayError file-changed (MetadataChanged when only its metadata changed), file-unreadable, not-a-file,
   *   cancelled
   */
  async assertUnchanged(): Promise<void> {
    this.#compare(await this.#ask((on) => this.#look(on), this.#options.signal));
  }

  /**
   * Reads a whole file into a buffer of its size, and checks the path afterwards: one request to the disk, since each has
   * its wait and its turn.
   *
   * @throws NearplayError as `read` and `assertUnchanged`
   */
  async readUnchanged(buffer: Uint8Array): Promise<void> {
    const stats = await this.#ask(async (on) => {
      for (let filled = 0; filled < buffer.length;) {
        const { bytesRead } = await this.#handle.read(buffer, filled, buffer.length - filled, filled);
        if (bytesRead === 0) throw new NearplayError('file-changed');
        filled += bytesRead;
      }
      return this.#look(on);
    }, this.#options.signal);
    this.#compare(stats);
  }

  #look(on: DiskOperations): Promise<BigIntStats> {
    return this.#options.root === undefined ? on.stat(this.path) : on.lstat(this.path);
  }

  #compare(stats: BigIntStats): void {
    refuseUnlessFile(this.path, stats);
    if (!isSameFile(statIdentity(stats), this.identity)) throw new NearplayError('file-changed');
    if (stats.ctimeNs !== this.#ctimeNs) throw new MetadataChanged();
  }

  /**
   * Fills the buffer from this position on. After an error late bytes may still be written into it: it must not be
   * reused.
   *
   * @throws NearplayError file-changed when the file ends before, file-unreadable, cancelled
   */
  async read(buffer: Uint8Array, start: number, signal = this.#options.signal): Promise<void> {
    for (let filled = 0; filled < buffer.length;) {
      const from = filled;
      const read = () => this.#handle.read(buffer, from, buffer.length - from, start + from);
      const { bytesRead } = await this.#ask(read, signal);
      if (bytesRead === 0) throw new NearplayError('file-changed');
      filled += bytesRead;
    }
  }

  /** Does not wait for an unresponsive drive. */
  close(): Promise<void> {
    return this.#disk.close(this.path, this.#handle);
  }

  async #ask<Answer>(
    question: (on: DiskOperations) => Promise<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    try {
      return await this.#disk.ask(this.path, question, signal);
    } catch (cause) {
      throw explained(this.path, cause);
    }
  }
}

function refuseUnlessFile(path: string, found: BigIntStats): void {
  if (!found.isFile()) throw notAFile(path);
}

/** @throws NearplayError not-a-file when a folder on the way is a link now and leads out of the chosen one */
async function assertBelow(
  root: string,
  path: string,
  handle: FileHandle,
  disk: LocalDisk,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = await disk.realPathOf(root, signal);
  // Linux has the path of the open file, and answers without asking its drive (proc_pid_fd(5)): a thread of the pool would
  // take longer. Elsewhere the path is resolved again.
  const real =
    disk.platform === 'linux'
      ? readlinkSync(`/proc/self/fd/${handle.fd}`)
      : await disk.ask(path, (on) => on.realpath(path), signal);
  if (!real.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
    throw new NearplayError('not-a-file', `"${path}" leads out of the chosen folder, so it was not uploaded.`);
  }
}

/** Errors of opening a link that must not be followed, or a socket (open(2); FreeBSD has EMLINK). */
const NOT_FILES: ReadonlySet<unknown> = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'EISDIR', 'EOPNOTSUPP']);

function explained(path: string, cause: unknown): NearplayError {
  if (cause instanceof NearplayError) return cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (NOT_FILES.has(code)) return notAFile(path);
  const message = `"${path}" cannot be read. It may have been moved, locked or unmounted.`;
  return new NearplayError('file-unreadable', message, { cause, ...(typeof code === 'string' && { detail: code }) });
}

function notAFile(path: string): NearplayError {
  const message = `"${path}" is not a regular file (a link, a pipe or a device), so it was not uploaded.`;
  return new NearplayError('not-a-file', message);
}

import { open, stat, type FileHandle } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { NearplayError } from '../../../shared/errors.ts';

/** What tells that a file is still the one it was. */
export interface FileIdentity {
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch, with their fraction. */
  mtimeMs: number;
  /** Decimal: an inode may be larger than what a number holds exactly. */
  inode: string;
}

/** @throws NearplayError file-unreadable */
export async function identityOf(path: string): Promise<FileIdentity> {
  try {
    return identityFrom(await stat(path, { bigint: true }));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.inode === b.inode;
}

/** A file that is read over minutes or hours, and must stay the same file meanwhile. */
export class SteadyFile {
  readonly path: string;
  readonly identity: FileIdentity;
  /** When the content was last changed: nanoseconds since the epoch, more than a number holds. */
  readonly mtimeNs: bigint;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, stats: BigIntStats) {
    this.path = path;
    this.#handle = handle;
    this.identity = identityFrom(stats);
    this.mtimeNs = stats.mtimeNs;
  }

  /** @throws NearplayError file-unreadable */
  static async open(path: string): Promise<SteadyFile> {
    try {
      const handle = await open(path, 'r');
      return new SteadyFile(path, handle, await handle.stat({ bigint: true }));
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }

  /**
   * Looks at the path again, not at the open file: programs that save by renaming leave the open one untouched.
   *
   * @throws NearplayError file-changed, file-unreadable
   */
  async assertUnchanged(): Promise<void> {
    if (!isSameFile(await identityOf(this.path), this.identity)) throw new NearplayError('file-changed');
  }

  /**
   * Fills the buffer from this place of the file on.
   *
   * @throws NearplayError file-changed when the file ends before, file-unreadable
   */
  async read(buffer: Uint8Array, start: number): Promise<void> {
    for (let filled = 0; filled < buffer.length;) {
      const bytesRead = await this.#readSome(buffer, filled, start + filled);
      if (bytesRead === 0) throw new NearplayError('file-changed');
      filled += bytesRead;
    }
  }

  async close(): Promise<void> {
    // The handle of a network drive that went away cannot be closed in order either.
    await this.#handle.close().catch(() => undefined);
  }

  async #readSome(buffer: Uint8Array, offset: number, position: number): Promise<number> {
    try {
      return (await this.#handle.read(buffer, offset, buffer.length - offset, position)).bytesRead;
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
  }
}

function identityFrom({ size, mtimeNs, ino }: BigIntStats): FileIdentity {
  return { size: Number(size), mtimeMs: Number(mtimeNs) / 1e6, inode: ino.toString() };
}

function unreadable(path: string, cause: unknown): NearplayError {
  const message = `"${path}" cannot be read. It may have been moved, locked or unmounted.`;
  return new NearplayError('file-unreadable', message, { cause });
}

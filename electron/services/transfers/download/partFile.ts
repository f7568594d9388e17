import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { NearplayError } from '../../../../shared/errors.ts';
import type { ComparedFile } from '../../content/fingerprint.ts';
import { givePermissionsOf, NEW_FILE_FLAGS, renameReplacing, syncFolder } from '../../files/atomicFile.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import { notAFile, specialAt } from '../../files/writePlace.ts';
import type { DestinationClaim, PartContent } from './destinationClaim.ts';

/** Readable by the user alone until it has its final name. */
const PRIVATE_MODE = 0o600;
const CAME_MEANWHILE = 'Another file took the name while this one was being saved. Save it again.';
const NO_FOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const NO_WAIT = (constants.O_NONBLOCK as number | undefined) ?? 0;

/**
 * The part file of a download, under a random name beside the destination: created by this process, or left by one that
 * has ended. Its size on disk counts as received, not a count of bytes on the way.
 */
export class PartFile {
  readonly #claim: DestinationClaim;
  readonly #destination: string;
  readonly #handle: FileHandle;
  /** Bytes from an earlier process. */
  readonly resumed: number;
  #content: PartContent;

  private constructor(parts: Pick<PartFile, 'resumed'> & PartFileParts) {
    this.#claim = parts.claim;
    this.#destination = parts.destination;
    this.#handle = parts.handle;
    this.#content = parts.content;
    this.resumed = parts.resumed;
  }

  /** Resumes a part of the same content, or creates a new one. @throws NearplayError as write */
  static async open(claim: DestinationClaim, destination: string, content: PartContent): Promise<PartFile> {
    const isSame = isDeepStrictEqual(claim.left?.content, content);
    const left = isSame ? await openLeft(claim.part, content.size) : undefined;
    if (left) return new PartFile({ claim, destination, content, handle: left.handle, resumed: left.size });
    try {
      await rm(claim.part, { force: true });
      await claim.describe(content);
      const handle = await open(claim.part, NEW_FILE_FLAGS, PRIVATE_MODE);
      return new PartFile({ claim, destination, content, handle, resumed: 0 });
    } catch (cause) {
      throw explainFileError(cause, { path: destination, doing: 'write' });
    }
  }

  isOf(content: PartContent): boolean {
    return isDeepStrictEqual(this.#content, content);
  }

  /** Contiguous bytes on disk from the beginning. */
  async size(): Promise<number> {
    return (await this.#do(() => this.#handle.stat())).size;
  }

  /** @throws NearplayError disk-full, destination-unwritable … */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const left = bytes.length - written;
      const done = await this.#do(() => this.#handle.write(bytes, written, left, position + written));
      written += done.bytesWritten;
    }
  }

  /** Truncates the part to 0 bytes; for another content, if one is given. */
  async beginAgain(content?: PartContent): Promise<void> {
    await this.#do(() => this.#handle.truncate(0));
    if (!content) return;
    this.#content = content;
    await this.#claim.describe(content);
  }

  /** View of the file for comparison, read through the handle that wrote it. */
  async compared(): Promise<ComparedFile> {
    const before = await this.#identity();
    return {
      path: this.#destination,
      identity: { size: Number(before.size) },
      assertUnchanged: async () => {
        const now = await this.#identity();
        if (now.size !== before.size || now.mtimeNs !== before.mtimeNs) throw new NearplayError('damaged');
      },
      read: async (buffer, start) => {
        for (let filled = 0; filled < buffer.length;) {
          const left = buffer.length - filled;
          const { bytesRead } = await this.#do(() => this.#handle.read(buffer, filled, left, start + filled));
          if (bytesRead === 0) throw new NearplayError('damaged', 'The disk gives less than was written to it.');
          filled += bytesRead;
        }
      },
    };
  }

  /**
   * Renames the part to the destination, replacing an existing file or link; on disk when it resolves. An existing
   * file's permissions are kept.
   *
   * @param lastModified milliseconds since the epoch: the date of the file.
   * @throws NearplayError destination-unwritable, disk-full, same-destination
   */
  async finish(lastModified: number, mayReplace: boolean): Promise<void> {
    await this.#do(() => this.#handle.sync());
    // Drives without permissions or dates refuse this; it is not essential.
    const old = await this.#replaced();
    if (old && !mayReplace) throw new NearplayError('destination-unwritable', CAME_MEANWHILE);
    if (old) await givePermissionsOf(old, this.#handle);
    else await this.#handle.chmod(this.#claim.mode).catch(() => undefined);
    await this.#handle.utimes(new Date(), new Date(lastModified)).catch(() => undefined);
    await this.#claim.assertOurs();
    await this.#assertUnderItsName();
    // Windows does not rename open files reliably.
    await this.close();
    await this.#do(() => renameReplacing(this.#claim.part, this.#destination));
    await this.#do(() => syncFolder(dirname(this.#destination)));
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.#claim.part, { force: true }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  /**
   * The existing file. @throws NearplayError destination-unwritable for a pipe or device, even one created meanwhile
   */
  async #replaced(): Promise<Stats | undefined> {
    const special = await specialAt(this.#destination);
    if (special !== undefined) throw notAFile(this.#destination, special);
    const old = await lstat(this.#destination).catch(() => undefined);
    return old?.isFile() === true ? old : undefined;
  }

  /** Another program may have put a file under the part's name. */
  async #assertUnderItsName(): Promise<void> {
    const [own, named] = await Promise.all([
      this.#identity(),
      this.#do(() => lstat(this.#claim.part, { bigint: true })),
    ]);
    if (own.ino === named.ino && own.dev === named.dev) return;
    throw new NearplayError('destination-unwritable', `Another program replaced the file while it was being saved.`);
  }

  #identity() {
    return this.#do(() => this.#handle.stat({ bigint: true }));
  }

  async #do<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw explainFileError(cause, { path: this.#destination, doing: 'write' });
    }
  }
}

interface PartFileParts {
  claim: DestinationClaim;
  destination: string;
  handle: FileHandle;
  content: PartContent;
}

/** Opens a regular file with one name only; any other entry is not a part of Nearplay's. */
async function openLeft(part: string, most: number): Promise<{ handle: FileHandle; size: number } | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(part, constants.O_RDWR | NO_FOLLOW | NO_WAIT);
    const stats = await handle.stat();
    if (stats.isFile() && stats.nlink === 1 && stats.size <= most) return { handle, size: stats.size };
  } catch {
    // Gone or unreadable: begin anew.
  }
  await handle?.close();
  return undefined;
}

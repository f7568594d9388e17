import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { NearplayError } from '../../../../shared/errors.ts';
import { MIB, SECOND_MS } from '../../../../shared/units.ts';
import { crc32 } from '../../content/crc32.ts';
import { givePermissionsOf, NEW_FILE_FLAGS, renameReplacing, syncFolder } from '../../files/atomicFile.ts';
import { atDestination, syncAtDestination } from '../../files/destinationDisk.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import { THIS_COMPUTER } from '../../files/localDisk.ts';
import { writeFully } from '../../files/writeFully.ts';
import { notAFile, specialAt } from '../../files/writePlace.ts';
import type { DestinationClaim, PartContent } from './destinationClaim.ts';
import { planRanges, type RangePlan, type ReceivedNote, ReceivedRanges } from './ranges.ts';
import type { ReceivedFile } from './storedObject.ts';

/** Readable by the user alone until it has its final name. */
const PRIVATE_MODE = 0o600;
const CAME_MEANWHILE = 'Another file took the name while this one was being saved. Save it again.';
const NO_FOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const NO_WAIT = (constants.O_NONBLOCK as number | undefined) ?? 0;

/** A killed process loses the bytes of so much time at most. */
const RECORD_INTERVAL_MS = SECOND_MS / 2;
/** Bytes read at once where a range of an earlier process is read back. */
const READ_BYTES = MIB;

/**
 * The part file of a download, under a random name beside the destination: created by this process, or left by one that
 * has ended. An object in one request is appended, and the size on disk counts; one in ranges is written in place into
 * a file of its whole size, and the note beside it counts what is there.
 */
export class PartFile {
  readonly #claim: DestinationClaim;
  readonly #destination: string;
  readonly #handle: FileHandle;
  /** Bytes from an earlier process. */
  readonly resumed: number;
  #content: PartContent;
  #received: ReceivedRanges;
  #isInOne = false;
  readonly #rangeBytes: number | undefined;
  #recordedAt = performance.now();

  private constructor(parts: PartFileParts) {
    this.#claim = parts.claim;
    this.#destination = parts.destination;
    this.#handle = parts.handle;
    this.#content = parts.content;
    this.#received = parts.received;
    this.#rangeBytes = parts.rangeBytes;
    this.resumed = parts.received.total;
  }

  /**
   * Resumes a part of the same content, or creates a new one.
   *
   * @param rangeBytes bytes of every range; default: by the size of the object.
   * @throws NearplayError as write
   */
  static async open(
    claim: DestinationClaim,
    destination: string,
    content: PartContent,
    rangeBytes?: number,
  ): Promise<PartFile> {
    const isSame = isDeepStrictEqual(claim.left?.content, content);
    const plan = planRanges(content.size, false, rangeBytes);
    const left = isSame
      ? await atDestination(
          destination,
          () => openLeft(claim.part, content.size),
          (late) => late && void THIS_COMPUTER.close(destination, late.handle),
        )
      : undefined;
    let handle = left?.handle;
    try {
      if (!handle) {
        await atDestination(destination, () => rm(claim.part, { force: true }));
        await claim.describe(content);
        handle = await atDestination(
          destination,
          () => open(claim.part, NEW_FILE_FLAGS, PRIVATE_MODE),
          (late) => void THIS_COMPUTER.close(destination, late),
        );
      }
      const received = left ? receivedBefore(plan, left.size, claim.left?.received) : ReceivedRanges.none(plan);
      const part = new PartFile({ claim, destination, content, handle, received, rangeBytes });
      if (left || received.plan.count > 1) await part.#describe();
      return part;
    } catch (cause) {
      if (handle) await THIS_COMPUTER.close(destination, handle);
      throw explainFileError(cause, { path: destination, doing: 'write' });
    }
  }

  isOf(content: PartContent): boolean {
    return isDeepStrictEqual(this.#content, content);
  }

  /** The bytes that are in the file. */
  get received(): ReceivedRanges {
    return this.#received;
  }

  /** Writes bytes that follow those of a range. @throws NearplayError disk-full, destination-unwritable … */
  async write(index: number, bytes: Uint8Array): Promise<void> {
    const { start } = this.#received.restOf(index);
    await this.#do(() => writeFully(this.#handle, bytes, start));
    this.#received.add(index, bytes);
    if (performance.now() - this.#recordedAt >= RECORD_INTERVAL_MS) await this.#record();
  }

  /**
   * Empties the part; for another content, if one is given.
   *
   * @param inOne from now on in one request: for a storage that does not give ranges.
   */
  async beginAgain(content = this.#content, inOne = this.#isInOne): Promise<void> {
    await this.#do(() => this.#handle.truncate(0));
    this.#content = content;
    this.#isInOne = inOne;
    this.#received = ReceivedRanges.none(planRanges(content.size, inOne, this.#rangeBytes));
    await this.#describe();
  }

  /** @throws NearplayError damaged when the disk has another size than was written */
  async assertWhole(): Promise<void> {
    const { size } = await this.#do(() => this.#handle.stat());
    if (!this.#received.isWhole || size !== this.#content.size) {
      throw new NearplayError('damaged', 'The disk has another size.');
    }
  }

  /** CRC-32 of each part, of the bytes as they were written; those of an earlier process are read. */
  async #crc32OfParts(partSize: number, signal: AbortSignal): Promise<readonly number[] | undefined> {
    return this.#received.crc32OfParts(partSize, async ({ start, end }) => {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - start));
      let crc = 0;
      for (let position = start; position < end; position += buffer.length) {
        if (signal.aborted) throw new NearplayError('cancelled');
        const piece = buffer.subarray(0, Math.min(buffer.length, end - position));
        await this.#read(piece, position);
        crc = crc32(piece, crc);
      }
      return crc;
    });
  }

  /** View of the file for comparison, read through the handle that wrote it. */
  async compared(): Promise<ReceivedFile> {
    const before = await this.#identity();
    return {
      path: this.#destination,
      identity: { size: Number(before.size) },
      assertUnchanged: async () => {
        const now = await this.#identity();
        if (now.size !== before.size || now.mtimeNs !== before.mtimeNs) throw new NearplayError('damaged');
      },
      read: (buffer, start) => this.#read(buffer, start),
      crc32OfParts: (partSize, signal) => this.#crc32OfParts(partSize, signal),
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
    await syncAtDestination(this.#destination, () => this.#handle.sync());
    const old = await this.#do(() => this.#replaced());
    if (old && !mayReplace) throw new NearplayError('destination-unwritable', CAME_MEANWHILE);
    await this.#do(async () => {
      // Drives without permissions or dates refuse this; it is not essential.
      if (old) await givePermissionsOf(old, this.#handle);
      else await this.#handle.chmod(this.#claim.mode).catch(() => undefined);
      await this.#handle.utimes(new Date(), new Date(lastModified)).catch(() => undefined);
    });
    await this.#claim.assertOurs();
    await this.#assertUnderItsName();
    // Windows does not rename open files reliably.
    await this.close();
    await this.#do(() => renameReplacing(this.#claim.part, this.#destination));
    await syncAtDestination(this.#destination, () => syncFolder(dirname(this.#destination)));
  }

  async #read(buffer: Uint8Array, start: number): Promise<void> {
    for (let filled = 0; filled < buffer.length;) {
      const left = buffer.length - filled;
      const { bytesRead } = await this.#do(() => this.#handle.read(buffer, filled, left, start + filled));
      if (bytesRead === 0) throw new NearplayError('damaged', 'The disk gives less than was written to it.');
      filled += bytesRead;
    }
  }

  /** The note first: a file of the whole size without it would count as received. */
  async #describe(): Promise<void> {
    const isInRanges = this.#received.plan.count > 1;
    await this.#claim.describe(this.#content, isInRanges ? () => this.#received.note() : undefined);
    if (isInRanges) await this.#do(() => this.#handle.truncate(this.#content.size));
  }

  /** Notes beside the file which ranges are in it. */
  async #record(): Promise<void> {
    this.#recordedAt = performance.now();
    if (this.#received.plan.count > 1) await this.#claim.record();
  }

  /** Keeps what is noted through a failure of the machine: the bytes are on disk before the note is released. */
  async keep(): Promise<void> {
    await syncAtDestination(this.#destination, () => this.#handle.datasync()).catch(() => undefined);
    await this.#record();
    await this.close();
  }

  /** Does not wait for a drive that does not answer. */
  close(): Promise<void> {
    return THIS_COMPUTER.close(this.#destination, this.#handle);
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

  #do<Result>(work: () => Promise<Result>): Promise<Result> {
    return atDestination(this.#destination, work);
  }
}

interface PartFileParts {
  claim: DestinationClaim;
  destination: string;
  handle: FileHandle;
  content: PartContent;
  received: ReceivedRanges;
  rangeBytes: number | undefined;
}

/** @param fileSize bytes of the part file. */
function receivedBefore(plan: RangePlan, fileSize: number, note: ReceivedNote | undefined): ReceivedRanges {
  return note ? ReceivedRanges.fromNote(plan.size, note, fileSize) : ReceivedRanges.fromStart(plan, fileSize);
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

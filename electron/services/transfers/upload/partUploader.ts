import { setMaxListeners } from 'node:events';
import { toBase64 } from '../../content/crc32.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { retrying } from '../http/retry.ts';
import type { StoredPart } from '../http/s3UploadApi.ts';
import type { UploadRef } from '../journal/uploadRecord.ts';
import { type LoadedPart, loadPart } from './loadPart.ts';
import { type PartPlan, type PartRange, partRange } from './partPlan.ts';
import type { UploadContext, UploadTask } from './uploadContext.ts';

/** A part that the storage has for certain. */
export interface SentPart extends StoredPart {
  /** CRC-32 of the file's bytes. */
  checksum: number;
  /** Hexadecimal; calculated where the storage says no checksum of it. */
  md5?: string;
}

/**
 * Brings the parts of one file to the storage, several at once. A part that is there with the file's own size and checksum is
 * not sent again. When one part fails for good, those on the wire are let finish: what arrives now is not sent again later.
 */
export class PartUploader {
  readonly #context: UploadContext;
  readonly #task: UploadTask;
  readonly #file: StableFile;
  /** Ends waiting, not sending. */
  readonly #stopWaiting = new AbortController();
  /** The task's own signal or the above. */
  readonly #waiting: AbortSignal;

  constructor(context: UploadContext, task: UploadTask, file: StableFile) {
    this.#context = context;
    this.#task = task;
    this.#file = file;
    this.#waiting = AbortSignal.any([task.signal, this.#stopWaiting.signal]);
    setMaxListeners(0, this.#waiting);
  }

  /** @returns all parts, in order. @throws NearplayError of the part that failed first, when nothing is on the wire any more */
  async send(upload: UploadRef, plan: PartPlan, present: ReadonlyMap<number, StoredPart>): Promise<SentPart[]> {
    const fitting = fittingParts(plan, present);
    this.#task.progress.resumed([...fitting.values()].reduce((sum, { size }) => sum + size, 0));
    const sent: SentPart[] = [];
    const failures: unknown[] = [];
    let next = 1;
    const work = async () => {
      try {
        while (next <= plan.count && failures.length === 0) {
          const range = partRange(plan, next++);
          sent[range.number - 1] = await this.#uploadPart(upload, range, fitting.get(range.number));
        }
      } catch (error) {
        failures.push(error);
        this.#stopWaiting.abort();
      }
    };
    const workers = Math.min(plan.count, this.#context.partsPerFile);
    await Promise.all(Array.from({ length: workers }, work));
    if (failures.length > 0) throw failures[0];
    return sent;
  }

  async #uploadPart(upload: UploadRef, range: PartRange, present: StoredPart | undefined): Promise<SentPart> {
    let candidate = present;
    return retrying(this.#context, this.#waiting, async () => {
      // Read again for each attempt: bytes that arrived damaged may have been damaged in memory.
      const part = await loadPart(this.#file, range, this.#context.buffers, this.#waiting);
      let isClean = false;
      try {
        const kept = candidate && (await matchingPart(candidate, part));
        if (candidate && !kept) {
          this.#task.progress.discarded(range.length);
          candidate = undefined;
        }
        const confirmed = kept ?? (await this.#send(upload, range, part));
        isClean = true;
        return { ...confirmed, checksum: part.crc32 };
      } finally {
        part.release(isClean);
      }
    });
  }

  async #send(upload: UploadRef, { number, length }: PartRange, part: LoadedPart): Promise<PartWithMd5> {
    const { api, slots } = this.#context;
    const { progress, signal } = this.#task;
    const leave = await slots.acquire(this.#task.record.id, this.#waiting);
    let moved = 0;
    const onBytes = (bytes: number) => {
      moved += bytes;
      progress.sent(bytes);
      slots.addBytes(bytes);
    };
    try {
      const body = { chunks: part.chunks, onBytes };
      const sent = { number, length, crc32: toBase64(part.crc32) };
      const { isProved, ...confirmed } = await api.uploadPart(upload, sent, body, signal);
      const md5 = isProved ? undefined : await part.md5();
      progress.confirmed(length);
      return { ...confirmed, ...(md5 !== undefined && { md5 }) };
    } catch (error) {
      progress.takenBack(moved);
      throw error;
    } finally {
      leave();
    }
  }
}

type PartWithMd5 = StoredPart & Pick<SentPart, 'md5'>;

/** A part that is there, when it has the content of the file: by its checksum, or by its ETag where it has none. */
async function matchingPart(candidate: StoredPart, part: LoadedPart): Promise<PartWithMd5 | undefined> {
  if (candidate.crc32 !== undefined) return candidate.crc32 === toBase64(part.crc32) ? candidate : undefined;
  const md5 = await part.md5();
  return candidate.etag.replaceAll('"', '').toLowerCase() === md5 ? { ...candidate, md5 } : undefined;
}

/** Those of the right size: their checksums are compared when the file has been read. */
function fittingParts(plan: PartPlan, present: ReadonlyMap<number, StoredPart>): ReadonlyMap<number, StoredPart> {
  const fits = ({ number, size }: StoredPart) => number <= plan.count && partRange(plan, number).length === size;
  return new Map([...present].filter(([, part]) => fits(part)));
}

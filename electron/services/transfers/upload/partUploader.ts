import { setMaxListeners } from 'node:events';
import { toBase64 } from '../../content/crc32.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { retrying } from '../http/retry.ts';
import type { StoredPart } from '../http/s3UploadApi.ts';
import type { UploadRef } from '../journal/uploadRecord.ts';
import { type LoadedPart, loadPart } from './loadPart.ts';
import { type PartPlan, type PartRange, partRange } from './partPlan.ts';
import type { UploadContext, UploadTask } from './uploadContext.ts';

/** A part that is proved to be stored. */
export interface SentPart extends StoredPart {
  /** CRC-32 of the file's bytes. */
  checksum: number;
  /** Hexadecimal; calculated where the storage returns no checksum of it. */
  md5?: string;
}

/**
 * Uploads the parts of one file, several at once. A stored part with the size and checksum of the file's is not sent
 * again. When one part fails for good, parts in flight are finished: what is stored now is not sent again later.
 */
export class PartUploader {
  readonly #context: UploadContext;
  readonly #task: UploadTask;
  readonly #file: StableFile;
  /** Ends the wait for slots and buffers, not requests in flight. */
  readonly #stopWaiting = new AbortController();
  /** The task's signal or `#stopWaiting`. */
  readonly #waiting: AbortSignal;

  constructor(context: UploadContext, task: UploadTask, file: StableFile) {
    this.#context = context;
    this.#task = task;
    this.#file = file;
    this.#waiting = AbortSignal.any([task.signal, this.#stopWaiting.signal]);
    setMaxListeners(0, this.#waiting);
  }

  /** @returns all parts, in order. @throws NearplayError of the part that failed first, once no request is in flight */
  async send(upload: UploadRef, plan: PartPlan, stored: ReadonlyMap<number, StoredPart>): Promise<SentPart[]> {
    const fitting = fittingParts(plan, stored);
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

  async #uploadPart(upload: UploadRef, range: PartRange, stored: StoredPart | undefined): Promise<SentPart> {
    let candidate = stored;
    const discard = () => {
      this.#task.progress.discarded(range.length);
      candidate = undefined;
    };
    return retrying(this.#context, this.#waiting, async () => {
      // Before the part is read: one that waits for its turn occupies no memory.
      const release = await this.#context.slots.acquire(this.#task.record.id, this.#waiting);
      try {
        return await this.#uploadOnce(upload, range, candidate, discard);
      } finally {
        release();
      }
    });
  }

  /** @param discard called when the stored part is another one. */
  async #uploadOnce(
    upload: UploadRef,
    range: PartRange,
    candidate: StoredPart | undefined,
    discard: () => void,
  ): Promise<SentPart> {
    // Read again for each attempt: bytes that were stored damaged may have been damaged in memory.
    const part = await loadPart(this.#file, range, this.#context.buffers, this.#waiting);
    let isClean = false;
    try {
      const matching = candidate && (await matchingPart(candidate, part));
      if (candidate && !matching) discard();
      const confirmed = matching ?? (await this.#send(upload, range, part));
      isClean = true;
      return { ...confirmed, checksum: part.crc32 };
    } finally {
      part.release(isClean);
    }
  }

  async #send(upload: UploadRef, { number, length }: PartRange, part: LoadedPart): Promise<PartWithMd5> {
    const { api, slots } = this.#context;
    const { progress, signal } = this.#task;
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
    }
  }
}

type PartWithMd5 = StoredPart & Pick<SentPart, 'md5'>;

/** The stored part, when it has the content of the file, by its checksum or, without one, by its ETag. */
async function matchingPart(candidate: StoredPart, part: LoadedPart): Promise<PartWithMd5 | undefined> {
  if (candidate.crc32 !== undefined) return candidate.crc32 === toBase64(part.crc32) ? candidate : undefined;
  const md5 = await part.md5();
  return candidate.etag.replaceAll('"', '').toLowerCase() === md5 ? { ...candidate, md5 } : undefined;
}

/** Stored parts of the right size; their checksums are compared once the file is read. */
function fittingParts(plan: PartPlan, stored: ReadonlyMap<number, StoredPart>): ReadonlyMap<number, StoredPart> {
  const fits = ({ number, size }: StoredPart) => number <= plan.count && partRange(plan, number).length === size;
  return new Map([...stored].filter(([, part]) => fits(part)));
}

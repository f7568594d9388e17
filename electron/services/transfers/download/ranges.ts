import { z } from 'zod';
import { MIB } from '../../../../shared/units.ts';
import { crc32, crc32Combine } from '../../content/crc32.ts';

/** Up to this size an object is read in one request; above, in ranges side by side. */
export const ONE_REQUEST_MAX_BYTES = 8 * MIB;
/**
 * Sizes of ranges. Smaller ones spend more of their time on round trips than they save by running side by side. Each
 * divides the usual sizes of parts, so that the checksums of parts follow from those of ranges.
 */
const RANGE_BYTES = [8 * MIB, 4 * MIB, 2 * MIB] as const;
const MIN_RANGE_BYTES = 2 * MIB;
/** Ranges that an object has at least, where they are not too small: enough for as many connections. */
const USUAL_RANGES = 16;
/** As many as S3 has parts of an object at most; it bounds the note. */
const MAX_RANGES = 10_000;

/** Division of an object into ranges. Sizes in bytes. */
export interface RangePlan {
  size: number;
  /** Of every range but the last, which has the rest. */
  rangeSize: number;
  count: number;
}

/** Positions of the first byte, and of the one behind the last. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Divides an object into ranges of 2 to 8 MiB, or more of them than 10,000 would be. Parts of an upload do not matter:
 * S3 reads any range.
 *
 * @param inOne for a storage that does not give ranges.
 * @param rangeBytes bytes of every range instead.
 */
export function planRanges(size: number, inOne = false, rangeBytes?: number): RangePlan {
  if (!inOne && rangeBytes !== undefined) return planOf(size, rangeBytes);
  if (inOne || size <= ONE_REQUEST_MAX_BYTES) return { size, rangeSize: Math.max(1, size), count: 1 };
  const inMib = (bytes: number) => Math.ceil(bytes / MIB) * MIB;
  const even = RANGE_BYTES.find((bytes) => bytes * USUAL_RANGES <= size) ?? MIN_RANGE_BYTES;
  return planOf(size, Math.max(even, inMib(size / MAX_RANGES)));
}

function planOf(size: number, rangeSize: number): RangePlan {
  return { size, rangeSize, count: Math.max(1, Math.ceil(size / rangeSize)) };
}

/** What a note says of the ranges on disk. */
export const receivedSchema = z.object({
  /** Bytes. */
  rangeSize: z.number().int().positive(),
  /** Base64 of one bit a range, the first in the lowest: it is there as a whole. */
  whole: z.string(),
  /** Index of a range, and its bytes that are there from its beginning. */
  begun: z.array(z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()])),
});
export type ReceivedNote = z.infer<typeof receivedSchema>;

/** The bytes of an object that are in the part file: of each range, so many from its beginning. */
export class ReceivedRanges {
  readonly plan: RangePlan;
  readonly #lengths: Float64Array;
  /** CRC-32 of these bytes; `undefined` where an earlier process wrote some of them. */
  readonly #crcs: (number | undefined)[];
  #total = 0;

  private constructor(plan: RangePlan) {
    this.plan = plan;
    this.#lengths = new Float64Array(plan.count);
    this.#crcs = Array.from({ length: plan.count }, () => 0);
  }

  static none(plan: RangePlan): ReceivedRanges {
    return new ReceivedRanges(plan);
  }

  /** So many bytes of an earlier process, from the beginning of the object. */
  static fromStart(plan: RangePlan, bytes: number): ReceivedRanges {
    const received = new ReceivedRanges(plan);
    for (let index = 0; index < plan.count; index++) {
      const { start, end } = received.#rangeAt(index);
      received.#found(index, Math.min(bytes, end) - start);
    }
    return received;
  }

  /**
   * What an earlier process noted, as far as the file reaches. The division is the earlier one's.
   *
   * @param fileSize bytes of the part file.
   */
  static fromNote(size: number, note: ReceivedNote, fileSize: number): ReceivedRanges {
    const plan = planOf(size, note.rangeSize);
    // Not written by Nearplay.
    if (plan.count > MAX_RANGES) return ReceivedRanges.none(planRanges(size));
    const received = new ReceivedRanges(plan);
    const bits = Buffer.from(note.whole, 'base64');
    for (let index = 0; index < plan.count; index++) {
      const { start, end } = received.#rangeAt(index);
      const isWhole = ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
      if (isWhole) received.#found(index, Math.min(end, fileSize) - start);
    }
    for (const [index, bytes] of note.begun) {
      if (index >= plan.count || received.lengthAt(index) > 0) continue;
      const { start, end } = received.#rangeAt(index);
      received.#found(index, Math.min(start + bytes, end, fileSize) - start);
    }
    return received;
  }

  /** Bytes. */
  get total(): number {
    return this.#total;
  }

  get isWhole(): boolean {
    return this.#total === this.plan.size;
  }

  lengthAt(index: number): number {
    return this.#lengths[index] ?? 0;
  }

  /** Indices of the ranges that are not there as a whole, in ascending order. */
  missing(): number[] {
    return Array.from({ length: this.plan.count }, (_, index) => index).filter((index) => {
      const { start, end } = this.#rangeAt(index);
      return this.lengthAt(index) < end - start;
    });
  }

  /** The bytes that a range still lacks. */
  restOf(index: number): ByteRange {
    const { start, end } = this.#rangeAt(index);
    return { start: start + this.lengthAt(index), end };
  }

  /** Records bytes that follow those of the range, once they are written. */
  add(index: number, bytes: Uint8Array): void {
    const known = this.#crcs[index];
    if (known !== undefined) this.#crcs[index] = crc32(bytes, known);
    this.#lengths[index] = this.lengthAt(index) + bytes.length;
    this.#total += bytes.length;
  }

  /**
   * CRC-32 of each part of the object, from that of each range as it was received. A range of an earlier process is read.
   *
   * @param partSize bytes of every part but the last.
   * @param read calculates the CRC-32 of bytes of the file.
   * @returns `undefined` where the end of a part lies within a range.
   */
  async crc32OfParts(
    partSize: number,
    read: (range: ByteRange) => Promise<number>,
  ): Promise<readonly number[] | undefined> {
    const { size, rangeSize, count } = this.plan;
    if (partSize < size && partSize % rangeSize !== 0) return undefined;
    const parts: number[] = [];
    let current = 0;
    for (let index = 0; index < count; index++) {
      const range = this.#rangeAt(index);
      current = crc32Combine(current, this.#crcs[index] ?? (await read(range)), range.end - range.start);
      if (range.end % partSize !== 0 && range.end < size) continue;
      parts.push(current);
      current = 0;
    }
    return parts;
  }

  note(): ReceivedNote {
    const { count, rangeSize } = this.plan;
    const bits = Buffer.alloc(Math.ceil(count / 8));
    const begun: [number, number][] = [];
    for (let index = 0; index < count; index++) {
      const length = this.lengthAt(index);
      const { start, end } = this.#rangeAt(index);
      if (length === end - start) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
      else if (length > 0) begun.push([index, length]);
    }
    return { rangeSize, whole: bits.toString('base64'), begun };
  }

  #rangeAt(index: number): ByteRange {
    const start = index * this.plan.rangeSize;
    return { start, end: Math.min(start + this.plan.rangeSize, this.plan.size) };
  }

  #found(index: number, bytes: number): void {
    if (bytes <= 0) return;
    this.#lengths[index] = bytes;
    this.#crcs[index] = undefined;
    this.#total += bytes;
  }
}

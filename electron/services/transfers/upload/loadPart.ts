import { createHash } from 'node:crypto';
import { NearplayError } from '../../../../shared/errors.ts';
import { KIB, MIB } from '../../../../shared/units.ts';
import { crc32 } from '../../content/crc32.ts';
import type { StableFile } from '../../files/stableFile.ts';
import type { BufferPool } from '../http/bufferPool.ts';
import { type BodyChunks, chunksOf } from '../http/guardedRequests.ts';
import type { PartRange } from './partPlan.ts';

/** Larger parts (of files beyond 312 GiB) are never held in memory. */
const MAX_BYTES_IN_MEMORY = 32 * MIB;
/** Bytes read at once for a checksum, outside the buffers of the pool. */
const CHUNK_BYTES = MIB / 4;

/** Bytes of a slice of a part that is read as it is sent. */
const SLICE_BYTES = 64 * KIB;
/**
 * Buffers of these slices. A stream asks for the next slice once the one before the last was written: `write` of a slice that
 * is larger than the stream's mark returns false, and `drain` follows when the system has taken it (Node, stream.Writable).
 * One is being written and one waits; one more leaves room for doubt. The storage compares the checksum of what it got.
 */
const SLICES_IN_TURN = 3;

/** A part of a file, ready for any number of attempts. */
export interface LoadedPart {
  crc32: number;
  chunks: BodyChunks;
  /** Hexadecimal; calculated on call. @throws NearplayError file-changed, file-unreadable */
  md5(): Promise<string>;
  /** @param isClean false when a request may still read the bytes. */
  release(isClean: boolean): void;
}

/**
 * Reads a part and calculates its checksum. A part for which there is no buffer is read twice, for its checksum and for
 * the request: a long line takes more requests than memory has parts, and the second reading comes from the system's
 * cache.
 *
 * @throws NearplayError file-changed when the file has changed before or after reading; file-unreadable, cancelled
 */
export async function loadPart(
  file: StableFile,
  range: PartRange,
  buffers: BufferPool,
  signal: AbortSignal,
): Promise<LoadedPart> {
  await file.assertUnchanged();
  const buffer = range.length <= MAX_BYTES_IN_MEMORY ? buffers.takeIfFree(range.length) : undefined;
  return buffer ? loadIntoMemory(file, range, buffers, buffer) : loadChecksum(file, range, signal);
}

async function loadIntoMemory(
  file: StableFile,
  { start }: PartRange,
  buffers: BufferPool,
  buffer: Buffer,
): Promise<LoadedPart> {
  try {
    await file.read(buffer, start);
  } catch (error) {
    // A late answer of the drive still writes into the buffer.
    buffers.giveBack(buffer, false);
    throw error;
  }
  return {
    crc32: crc32(buffer),
    chunks: chunksOf(buffer),
    md5: () => Promise.resolve(createHash('md5').update(buffer).digest('hex')),
    release: (isClean) => buffers.giveBack(buffer, isClean),
  };
}

async function loadChecksum(file: StableFile, range: PartRange, signal: AbortSignal): Promise<LoadedPart> {
  const { start, length } = range;
  let checksum = 0;
  await eachChunk(file, range, signal, (piece) => (checksum = crc32(piece, checksum)));
  return {
    crc32: checksum,
    chunks: async function* (sliceSize) {
      const turns = Array.from({ length: SLICES_IN_TURN }, () => Buffer.allocUnsafeSlow(SLICE_BYTES));
      for (let read = 0, turn = 0; read < length; turn++) {
        const buffer = turns[turn % SLICES_IN_TURN] ?? Buffer.allocUnsafeSlow(SLICE_BYTES);
        const slice = buffer.subarray(0, Math.min(SLICE_BYTES, sliceSize(), length - read));
        await file.read(slice, start + read);
        read += slice.length;
        yield slice;
      }
    },
    md5: async () => {
      const hash = createHash('md5');
      await eachChunk(file, range, signal, (piece) => void hash.update(piece));
      return hash.digest('hex');
    },
    release: () => undefined,
  };
}

async function eachChunk(
  file: StableFile,
  { start, length }: PartRange,
  signal: AbortSignal,
  each: (piece: Buffer) => void,
): Promise<void> {
  const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, length));
  for (let read = 0; read < length; read += chunk.length) {
    if (signal.aborted) throw new NearplayError('cancelled');
    const piece = chunk.subarray(0, Math.min(chunk.length, length - read));
    await file.read(piece, start + read);
    each(piece);
  }
}

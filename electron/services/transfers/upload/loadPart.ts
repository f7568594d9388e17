import { createHash } from 'node:crypto';
import { NearplayError } from '../../../../shared/errors.ts';
import { MIB } from '../../../../shared/units.ts';
import { crc32 } from '../../content/crc32.ts';
import type { StableFile } from '../../files/stableFile.ts';
import { type BodyChunks, chunksOf } from '../http/guardedRequests.ts';
import type { BufferPool } from './bufferPool.ts';
import type { PartRange } from './partPlan.ts';

/** Larger parts (of files beyond 312 GiB) are read twice instead of being held in memory. */
const MAX_BYTES_IN_MEMORY = 32 * MIB;
const CHUNK_BYTES = MIB;

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
 * Reads a part and calculates its checksum.
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
  return range.length <= MAX_BYTES_IN_MEMORY
    ? loadIntoMemory(file, range, buffers, signal)
    : loadChecksum(file, range, buffers, signal);
}

async function loadIntoMemory(
  file: StableFile,
  { start, length }: PartRange,
  buffers: BufferPool,
  signal: AbortSignal,
): Promise<LoadedPart> {
  const buffer = await buffers.take(length, signal);
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

async function loadChecksum(
  file: StableFile,
  range: PartRange,
  buffers: BufferPool,
  signal: AbortSignal,
): Promise<LoadedPart> {
  const { start, length } = range;
  let checksum = 0;
  await eachChunk(file, range, buffers, signal, (piece) => (checksum = crc32(piece, checksum)));
  return {
    crc32: checksum,
    chunks: async function* (sliceSize) {
      for (let read = 0; read < length;) {
        const slice = Buffer.allocUnsafe(Math.min(sliceSize(), length - read));
        await file.read(slice, start + read);
        read += slice.length;
        yield slice;
      }
    },
    md5: async () => {
      const hash = createHash('md5');
      await eachChunk(file, range, buffers, signal, (piece) => void hash.update(piece));
      return hash.digest('hex');
    },
    release: () => undefined,
  };
}

async function eachChunk(
  file: StableFile,
  { start, length }: PartRange,
  buffers: BufferPool,
  signal: AbortSignal,
  each: (piece: Buffer) => void,
): Promise<void> {
  const chunk = await buffers.take(CHUNK_BYTES, signal);
  let isClean = false;
  try {
    for (let read = 0; read < length; read += CHUNK_BYTES) {
      if (signal.aborted) throw new NearplayError('cancelled');
      const piece = chunk.subarray(0, Math.min(CHUNK_BYTES, length - read));
      await file.read(piece, start + read);
      each(piece);
    }
    isClean = true;
  } finally {
    buffers.giveBack(chunk, isClean);
  }
}

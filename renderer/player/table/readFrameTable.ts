import type { BoxBytes } from '../../../shared/isoBoxes.ts';
import { KIB, MIB } from '../../../shared/units.ts';
import { RangeReader, type RangeReaderOptions } from '../reader/rangeReader.ts';
import type { FrameTable } from './frameTable.ts';
import { readIsoTable } from './isoTable.ts';
import { readMatroskaTable } from './matroskaTable.ts';

/** Read of a file for its table beside its first picture, so that opening one of any size costs no more. */
const MAX_FIRST_BYTES = 4 * MIB;
/** Read of a file for its table at most, the rest while playing can spare it. */
const MAX_TABLE_BYTES = 64 * MIB;
/** From so much on it is foretold what the whole table will take. */
const FORETOLD_FROM_BYTES = 2 * MIB;
/** Boxes and the indexes of fragments are small and far apart. */
const BLOCK_BYTES = 16 * KIB;
/** A quarter of a megabyte a request where much is read in one go. */
const MAX_BLOCKS_PER_REQUEST = 16;
/** The element that plays the file has connections of its own to the same storage. */
const MAX_REQUESTS = 4;

/** The table would take more bytes than it may. */
class TooMuchToRead extends Error {}

interface ReadTableOptions extends Pick<RangeReaderOptions, 'link' | 'ask' | 'now'> {
  /** Resolves as soon as playing can spare the line. Asked before each read after the first 4 MiB; without it, that is all. */
  spared?: (() => Promise<void>) | undefined;
}

/**
 * The table of a film, by reading 4 MiB of it at most, and 64 MiB where playing can spare them: times that are spread over the whole
 * file take more (Matroska, fragments). Undefined where that is not enough, or the file does not tell: then what is on screen has no number.
 * @param signal ends it
 * @throws what the reader throws: no bytes could be had; what `spared` rejects with
 */
export async function readFrameTable(
  { spared, ...options }: ReadTableOptions,
  signal?: AbortSignal,
): Promise<FrameTable | undefined> {
  const reader = new RangeReader({
    ...options,
    blockBytes: BLOCK_BYTES,
    maxBlocksPerRequest: MAX_BLOCKS_PER_REQUEST,
    maxRequests: MAX_REQUESTS,
    maxBufferBytes: 2 * MAX_FIRST_BYTES,
    maxAheadBytes: 0,
  });
  signal?.addEventListener('abort', () => reader.dispose());
  try {
    const size = await reader.size();
    const bytes: BoxBytes = {
      async at(offset, length) {
        const end = Math.min(size, offset + Math.max(0, length));
        if (end <= offset) return new Uint8Array(0);
        const { bytesReceived } = reader.figures;
        const received = bytesReceived + (end - offset);
        if (received > MAX_FIRST_BYTES) {
          // What was read is a share of what all takes, as far as it was read from the front.
          const foretold = bytesReceived > FORETOLD_FROM_BYTES ? (bytesReceived * size) / end : received;
          if (!spared || Math.max(received, foretold) > MAX_TABLE_BYTES) throw new TooMuchToRead();
          await spared();
        }
        return reader.read(offset, end);
      },
    };
    const start = await bytes.at(0, 12);
    const isMatroska = start[0] === 0x1a && start[1] === 0x45 && start[2] === 0xdf && start[3] === 0xa3;
    return await (isMatroska ? readMatroskaTable(bytes, size) : readIsoTable(bytes, size));
  } catch (error) {
    if (error instanceof TooMuchToRead) return undefined;
    throw error;
  } finally {
    reader.dispose();
  }
}

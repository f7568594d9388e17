import type { BoxBytes } from '../../../shared/isoBoxes.ts';
import { KIB, MIB } from '../../../shared/units.ts';
import { RangeReader, type RangeReaderOptions } from '../reader/rangeReader.ts';
import type { FrameTable } from './frameTable.ts';
import { readIsoTable } from './isoTable.ts';
import { readPacketTable } from './packetTable.ts';

/** Read of a file for its table at most, so that opening one of any size costs no more. */
const MAX_TABLE_BYTES = 4 * MIB;
/** Boxes are small and far apart. */
const BLOCK_BYTES = 64 * KIB;

/** The table would take more bytes than it may. */
class TooMuchToRead extends Error {}

/**
 * The table of a film, by reading 4 MiB of it at most. Undefined where that is not enough, or the file does not tell: then what is on
 * screen has no number.
 * @param signal ends it
 * @throws what the reader throws: no bytes could be had
 */
export async function readFrameTable(
  options: Pick<RangeReaderOptions, 'link' | 'ask' | 'now'>,
  signal?: AbortSignal,
): Promise<FrameTable | undefined> {
  const reader = new RangeReader({
    ...options,
    blockBytes: BLOCK_BYTES,
    maxBufferBytes: 2 * MAX_TABLE_BYTES,
    maxAheadBytes: 0,
  });
  signal?.addEventListener('abort', () => reader.dispose());
  try {
    const size = await reader.size();
    const bytes: BoxBytes = {
      at(offset, length) {
        const end = Math.min(size, offset + Math.max(0, length));
        if (reader.figures.bytesReceived + (end - offset) > MAX_TABLE_BYTES) throw new TooMuchToRead();
        return end <= offset ? Promise.resolve(new Uint8Array(0)) : reader.read(offset, end);
      },
    };
    const start = await bytes.at(0, 12);
    const isMatroska = start[0] === 0x1a && start[1] === 0x45 && start[2] === 0xdf && start[3] === 0xa3;
    const table = isMatroska ? undefined : await readIsoTable(bytes, size);
    return table ?? (size <= MAX_TABLE_BYTES ? await readPacketTable(bytes, size) : undefined);
  } catch (error) {
    if (error instanceof TooMuchToRead) return undefined;
    throw error;
  } finally {
    reader.dispose();
  }
}

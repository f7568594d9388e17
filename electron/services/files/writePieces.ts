import type { FileHandle } from 'node:fs/promises';

/** Writes pieces in a row from a position on, however many calls the system takes for it. @throws the error of the file system */
export async function writePieces(handle: FileHandle, pieces: readonly Uint8Array[], start: number): Promise<void> {
  let position = start;
  for (let left = pieces; left.length > 0;) {
    const { bytesWritten } = await handle.writev(left, position);
    position += bytesWritten;
    left = behind(left, bytesWritten);
  }
}

/** What a write of so many bytes has left. */
function behind(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skipped = 0;
  for (const [index, piece] of pieces.entries()) {
    if (skipped + piece.length > written) return [piece.subarray(written - skipped), ...pieces.slice(index + 1)];
    skipped += piece.length;
  }
  return [];
}

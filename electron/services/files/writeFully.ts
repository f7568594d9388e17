import type { FileHandle } from 'node:fs/promises';

/** Writes bytes from a position on, however many calls the system takes for it. @throws the error of the file system */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, start + written);
    written += bytesWritten;
  }
}

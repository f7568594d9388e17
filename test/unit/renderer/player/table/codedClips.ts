import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxBytes } from '../../../../../shared/isoBoxes.ts';

export const CODED = join(import.meta.dirname, '../../../../fixtures/media-coded');

/** A clip of the coded fixtures as bytes that can be read. */
export async function clip(file: string): Promise<{ content: Buffer; bytes: BoxBytes; size: number }> {
  const content = await readFile(join(CODED, file));
  return { content, size: content.length, bytes: bytesOf(content) };
}

export function bytesOf(content: Uint8Array): BoxBytes {
  return { at: (offset, length) => Promise.resolve(content.slice(offset, Math.max(offset, offset + length))) };
}

import { damaged } from './picture.ts';

/**
 * Inflates a zlib stream (RFC 1950) of a known length.
 * @throws PictureError damaged when it is none, or gives fewer bytes; bytes beyond the length are not asked for
 */
export async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { atMost, end } = await inflateUpTo(bytes, length);
  if (end < length) throw damaged(where);
  return atMost;
}

/** Inflates up to a number of bytes; `end` says how many there were. What is damaged ends it. */
export async function inflateUpTo(
  bytes: Uint8Array<ArrayBuffer>,
  most: number,
): Promise<{ atMost: Uint8Array<ArrayBuffer>; end: number }> {
  const stream = new DecompressionStream('deflate');
  const writer = stream.writable.getWriter();
  // What is wrong shows when reading.
  writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = stream.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const atMost = new Uint8Array(most);
  let end = 0;
  try {
    while (end < most) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, most - end);
      atMost.set(part, end);
      end += part.length;
    }
  } catch {
    // The bytes so far are good.
  }
  await reader.cancel().catch(() => undefined);
  return { atMost, end };
}

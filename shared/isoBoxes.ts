// Boxes of MP4 and QuickTime files (ISO/IEC 14496-12, 4.2; QuickTime File Format, "Atoms").

/** A box, by where its content is. */
export interface Box {
  type: string;
  /** First byte of its content. */
  start: number;
  /** Byte after its last one. */
  end: number;
}

export interface BoxBytes {
  /** Fewer bytes where there are no more. */
  at: (offset: number, length: number) => Promise<Uint8Array>;
}

/** Bounds what a file can make a reader do that says nonsense. */
const MAX_BOXES = 200;

/** The boxes between two offsets, one after the other, `most` of them. */
export async function* boxes(bytes: BoxBytes, from: number, to: number, most = MAX_BOXES): AsyncGenerator<Box> {
  let offset = from;
  for (let count = 0; count < most && offset + 8 <= to; count++) {
    const head = await bytes.at(offset, 16);
    if (head.length < 8) return;
    const short = u32(head, 0);
    const isLong = short === 1 && head.length === 16;
    const size = isLong ? u32(head, 8) * 2 ** 32 + u32(head, 12) : short === 0 ? to - offset : short;
    const header = isLong ? 16 : 8;
    if (size < header) return;
    yield { type: latin1(head, 4, 4), start: offset + header, end: offset + size };
    offset += size;
  }
}

export function latin1(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

export function u16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);
}

export function u32(bytes: Uint8Array, offset: number): number {
  return u16(bytes, offset) * 65536 + u16(bytes, offset + 2);
}

import { ByteReader } from '../byteReader.ts';
import { damaged, PictureError, unsupported } from '../picture.ts';

/** What the head of a file says of its picture, before the engine decodes it. */
export interface WebHead {
  width: number;
  height: number;
  /** Grey, colour, or colour that the engine converts: CMYK. */
  colours: 'grey' | 'rgb' | 'converted';
  hasAlpha: boolean;
  isLossy: boolean;
  hasProfile: boolean;
  isAnimated: boolean;
}

/** True for the first bytes of a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** True for the first bytes of a WebP file. */
export function isWebp(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  return text.startsWith('RIFF') && text.endsWith('WEBP');
}

const START_OF_SCAN = 0xda;
const PROFILE_SEGMENT = 0xe2;
/** Baseline, extended and progressive, each by Huffman's codes (ITU-T T.81, table B.1). */
const DECODED_FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** Markers of tables among those of frames. */
const TABLES: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** Reads markers up to the first scan, and looks for the end of the image behind it. @throws PictureError */
export function readJpegHead(bytes: Uint8Array<ArrayBuffer>): WebHead {
  const reader = new ByteReader(bytes, false, 2);
  let frame: Pick<WebHead, 'width' | 'height' | 'colours'> | undefined;
  let hasProfile = false;
  for (;;) {
    if (reader.u8() !== 0xff) throw damaged('JPEG markers');
    let marker = reader.u8();
    while (marker === 0xff) marker = reader.u8();
    const start = reader.at;
    const length = reader.u16();
    if (length < 2) throw damaged('JPEG markers');
    if (marker >= 0xc0 && marker <= 0xcf && !TABLES.has(marker)) frame = readFrame(reader, marker);
    reader.at = start;
    reader.need(length);
    if (marker === PROFILE_SEGMENT && length > 14 && latin1(bytes, start + 2, 11) === 'ICC_PROFILE') hasProfile = true;
    reader.at = start + length;
    if (marker === START_OF_SCAN) break;
  }
  if (!frame) throw damaged('JPEG frame');
  if (!hasEndOfImage(bytes, reader.at))
    throw new PictureError({ is: 'short', bytes: bytes.length, needed: bytes.length + 1 });
  return { ...frame, hasAlpha: false, isLossy: true, hasProfile, isAnimated: false };
}

function readFrame(reader: ByteReader, marker: number): Pick<WebHead, 'width' | 'height' | 'colours'> {
  const depth = reader.u8();
  const [height, width, components] = [reader.u16(), reader.u16(), reader.u8()];
  if (!DECODED_FRAMES.has(marker)) throw unsupported(`JPEG of frame type ${marker - 0xc0}`);
  if (depth !== 8) throw unsupported(`JPEG of ${depth} bit`);
  if (components !== 1 && components !== 3 && components !== 4) throw unsupported(`JPEG of ${components} channels`);
  return { width, height, colours: components === 1 ? 'grey' : components === 3 ? 'rgb' : 'converted' };
}

/** Other data may stand behind it. */
function hasEndOfImage(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.length - 2; at >= from; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}

/** Flags of VP8X (WebP Container Specification, "Extended File Format"). */
const FLAGS = { animation: 0x02, alpha: 0x10, profile: 0x20 } as const;

/** @throws PictureError */
export function readWebpHead(bytes: Uint8Array<ArrayBuffer>): WebHead {
  const reader = new ByteReader(bytes, true, 4);
  const needed = reader.u32() + 8;
  if (needed > bytes.length) throw new PictureError({ is: 'short', bytes: bytes.length, needed });
  reader.at = 12;
  const kind = reader.latin1(4);
  reader.at += 4;
  if (kind === 'VP8 ' || kind === 'VP8L') {
    const isLossy = kind === 'VP8 ';
    const { width, height, hasAlpha } = isLossy ? readLossy(reader) : readLossless(reader);
    return { width, height, hasAlpha, isLossy, colours: 'rgb', hasProfile: false, isAnimated: false };
  }
  if (kind !== 'VP8X') throw damaged('WebP chunks');
  const flags = reader.u32();
  const [width, height] = [u24(reader) + 1, u24(reader) + 1];
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    ...{ width, height, colours: 'rgb', hasAlpha: has(FLAGS.alpha), hasProfile: has(FLAGS.profile) },
    isAnimated: has(FLAGS.animation),
    isLossy: !hasChunk(reader, 'VP8L'),
  };
}

function readLossy(reader: ByteReader): { width: number; height: number; hasAlpha: boolean } {
  // A key frame's tag and start code (RFC 6386, section 9.1).
  reader.at += 6;
  return { width: reader.u16() & 0x3fff, height: reader.u16() & 0x3fff, hasAlpha: false };
}

function readLossless(reader: ByteReader): { width: number; height: number; hasAlpha: boolean } {
  if (reader.u8() !== 0x2f) throw damaged('WebP header');
  const bits = reader.u32();
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, hasAlpha: ((bits >>> 28) & 1) === 1 };
}

function hasChunk(reader: ByteReader, wanted: string): boolean {
  while (reader.at + 8 <= reader.bytes.length) {
    const kind = reader.latin1(4);
    const length = reader.u32();
    if (kind === wanted) return true;
    reader.at += length + (length % 2);
  }
  return false;
}

function u24(reader: ByteReader): number {
  return reader.u8() | (reader.u8() << 8) | (reader.u8() << 16);
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

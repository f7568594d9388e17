/** Size limit of a preferences text from any source: 10,000 ranges have about 200 kB. */
export const MAX_DOCUMENT_BYTES = 1_000_000;

/** Text of the bytes, or the reason why they are none. */
export type DecodedText = { text: string; fault?: never } | { fault: string; line?: number; text?: never };

// The Encoding Standard, which Node, browsers and Electron have alike; no library of TypeScript that is free of the DOM names it.
declare const TextDecoder: new (label: 'utf-8', options: { fatal: true }) => { decode(bytes: Uint8Array): string };

const LINE_FEED = 0x0a;
const ADVICE = 'save it as UTF-8';
/** Code units per call of String.fromCharCode, which takes them as arguments. */
const PIECE_CHARACTERS = 8192;

/**
 * Decodes a text file strictly: UTF-8 with or without a byte order mark, and UTF-16 with one (Unicode Standard, 23.8),
 * as PowerShell and Notepad write it. Other encodings are named and refused: a guess would put replacement characters
 * into keys.
 *
 * @returns the text without its mark; or the fault, with the 1-based line where there is one.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) {
    if (third === 0 && fourth === 0) return { fault: `The text is UTF-32: ${ADVICE}.` };
    return decodeUtf16(bytes.subarray(2), 'little-endian');
  }
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes.subarray(2), 'big-endian');
  if (first === 0x1f && second === 0x8b) return { fault: 'The file is compressed (gzip): unpack it first.' };
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    const line = firstBadLine(bytes);
    return { fault: `Line ${line} is not UTF-8, perhaps an older encoding of Windows: ${ADVICE}.`, line };
  }
  // JSON has no NUL, and UTF-16 without a mark is full of them.
  if (text.includes('\0'))
    return { fault: `The text has null characters, perhaps UTF-16 without its mark: ${ADVICE}.` };
  return { text };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is taken off.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeUtf16(bytes: Uint8Array, order: 'little-endian' | 'big-endian'): DecodedText {
  if (bytes.length % 2 !== 0) return { fault: `The text is UTF-16 and ends within a character: ${ADVICE}.` };
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += 2 * PIECE_CHARACTERS) {
    const units: number[] = [];
    for (let at = start; at < Math.min(start + 2 * PIECE_CHARACTERS, bytes.length); at += 2) {
      const [low = 0, high = 0] = order === 'big-endian' ? [bytes[at + 1], bytes[at]] : [bytes[at], bytes[at + 1]];
      units.push(high * 256 + low);
    }
    pieces.push(String.fromCharCode(...units));
  }
  const text = pieces.join('');
  if (!text.isWellFormed() || text.includes('\0')) return { fault: `The text is not valid UTF-16: ${ADVICE}.` };
  return { text };
}

/** 1-based. A line feed is a byte of its own in UTF-8, so that each line can be tried alone. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start <= bytes.length; line += 1) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (decodeUtf8(bytes.subarray(start, end < 0 ? bytes.length : end)) === undefined || end < 0) return line;
    start = end + 1;
  }
  return line;
}

import { crc32 } from 'node:zlib';

export { crc32 };

/** The reflected polynomial of CRC-32 (IEEE 802.3, RFC 1952). */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

/** The product of two polynomials modulo CRC-32's; bit 31 is the constant term. `a` must not be 0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = ONE; ; bit >>>= 1) {
    if (a & bit) {
      product ^= factor;
      if ((a & (bit - 1)) === 0) return product >>> 0;
    }
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
}

/** x to the power of 2^k, for k from 0 to 31; higher powers repeat these. */
const SQUARES: readonly number[] = squares();

function squares(): number[] {
  const powers = [ONE >>> 1];
  for (let power = powers[0] ?? 0; powers.length < 32; powers.push(power)) power = multiply(power, power);
  return powers;
}

/** x to the power of eight times `bytes`: multiplying by it shifts a CRC past so many bytes. */
function shiftOf(bytes: number): number {
  let shift = ONE;
  let left = bytes;
  for (let k = 3; left > 0; k++) {
    if (left % 2 === 1) shift = multiply(SQUARES[k % 32] ?? ONE, shift);
    left = Math.floor(left / 2);
  }
  return shift;
}

/**
 * The CRC-32 of two concatenated pieces from the CRC-32 of each: combines the checksums of parts into that of the
 * object without reading it again.
 *
 * @param secondLength bytes of the second piece.
 */
export function crc32Combine(first: number, second: number, secondLength: number): number {
  return (multiply(shiftOf(secondLength), first) ^ second) >>> 0;
}

/** The value as S3 writes it: four bytes, big-endian, in base64 (S3 User Guide, "Checking object integrity"). */
export function toBase64(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

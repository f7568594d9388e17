const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The number of a half's bits (IEEE 754 binary16). */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Bits of the half next to a number, ties to even; beyond the largest half infinity. */
export function floatToHalf(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 lies halfway between the largest half and what would follow it.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Halves below 2^-14 are multiples of 2^-24.
    const units = Math.abs(FLOAT[0]) * 2 ** 24;
    const floor = Math.floor(units);
    const rest = units - floor;
    const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 === 1);
    return sign | (floor + (isUp ? 1 : 0));
  }
  return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000) >>> 13);
}

let floats: Float32Array | undefined;

/** The numbers of all halves by their bits: faster than `halfToFloat` for whole pictures. */
export function halfTable(): Float32Array {
  floats ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToFloat(bits));
  return floats;
}

/** A place of a sequence on its bar. */
export interface Slot {
  number: number;
  /** There is a frame of this number. */
  isThere: boolean;
}

/** A frame far off must not make a bar of millions. */
const MAX_SLOTS = 100_000;

/**
 * The places between the first and the last number of a sequence, at the step that its numbers have: one that has no frame is missing.
 * @param numbers rising
 */
export function slotsOf(numbers: readonly number[]): Slot[] {
  const [first = 0] = numbers;
  const last = numbers.at(-1) ?? first;
  const step = numbers.reduce((divisor, number) => commonDivisor(divisor, number - first), 0) || 1;
  const there = numbers.map((number) => ({ number, isThere: true }));
  const count = (last - first) / step + 1;
  if (numbers.length === 0 || count === numbers.length || count > MAX_SLOTS) return there;
  const known = new Set(numbers);
  return Array.from({ length: count }, (_, index) => {
    const number = first + index * step;
    return { number, isThere: known.has(number) };
  });
}

/** The places that there will be, by what the library says of a sequence, until all of its numbers are known. */
export function expectedSlots({ first, last, count }: { first: number; last: number; count: number }): Slot[] {
  const whole = (last - first) / (count - 1);
  const step = count > 1 && Number.isInteger(whole) ? whole : 1;
  const length = Math.min(MAX_SLOTS, Math.floor((last - first) / step) + 1);
  return Array.from({ length }, (_, index) => ({ number: first + index * step, isThere: true }));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

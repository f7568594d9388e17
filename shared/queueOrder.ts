/** Minimum distance of two neighbours. Halving a distance of one 20 times stays exact up to about 10⁹ transfers. */
const LEAST_STEP = 2 ** -20;

/** New positions in the order of a queue. */
export interface Room {
  /** Orders of the inserted entries, ascending. */
  orders: number[];
  /** New orders of existing entries that have to move, by index. */
  moved: Map<number, number>;
}

/**
 * Allocates orders for entries inserted into a queue sorted by a number. Between two neighbours fractions are used;
 * when they are exhausted, neighbours are renumbered.
 *
 * @param orders ascending.
 * @param place the index before which they come; the length for the end.
 */
export function makeRoom(orders: readonly number[], place: number, count: number): Room {
  for (let reach = 0; ; reach = reach === 0 ? 1 : 2 * reach) {
    const from = Math.max(0, place - reach);
    const to = Math.min(orders.length, place + reach);
    const within = to - from + count;
    const [low, high] = edges(orders[from - 1], orders[to], within);
    const step = (high - low) / (within + 1);
    if (step < LEAST_STEP && (from > 0 || to < orders.length)) continue;
    const numbers = Array.from({ length: within }, (_, position) => low + step * (position + 1));
    const before = place - from;
    const moved = new Map<number, number>();
    for (const [position, order] of numbers.entries()) {
      if (position < before) moved.set(from + position, order);
      else if (position >= before + count) moved.set(from + position - count, order);
    }
    return { orders: numbers.slice(before, before + count), moved };
  }
}

/** Before the first and after the last entry space is unlimited. */
function edges(before: number | undefined, after: number | undefined, count: number): [number, number] {
  if (before === undefined && after === undefined) return [0, count + 1];
  if (before === undefined) return [(after ?? 0) - count - 1, after ?? 0];
  return [before, after ?? before + count + 1];
}

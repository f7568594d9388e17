/** Between two neighbours. Halving a distance of one 20 times keeps every order exact up to some thousand million transfers. */
const LEAST_STEP = 2 ** -20;

/** New places in the order of a queue. */
export interface Room {
  /** For those that come in, ascending. */
  orders: number[];
  /** For those that are there and have to move together, by their index. */
  moved: Map<number, number>;
}

/**
 * Makes room for some in a queue that is ordered by numbers. Between two neighbours there is room for a while, since a number need
 * not be whole; when it is used up, so many neighbours get new numbers that there is room again.
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

/** Beyond the first and the last there is room without end. */
function edges(before: number | undefined, after: number | undefined, count: number): [number, number] {
  if (before === undefined && after === undefined) return [0, count + 1];
  if (before === undefined) return [(after ?? 0) - count - 1, after ?? 0];
  return [before, after ?? before + count + 1];
}

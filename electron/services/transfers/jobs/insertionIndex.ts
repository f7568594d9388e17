/**
 * Binary search: the first index of a sorted list whose item does not go before the inserted one. Takes log2(n)
 * comparisons.
 *
 * @param goesBefore whether an item stays in front of the inserted one.
 * @param from first index to search; default 0.
 */
export function insertionIndex<Item>(sorted: readonly Item[], goesBefore: (item: Item) => boolean, from = 0): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && goesBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

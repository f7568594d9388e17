/**
 * The first index of a sorted list whose item does not go before: by binary search, in log2(n) comparisons.
 *
 * @param goesBefore whether an item stays in front of what is inserted.
 * @param from the first index that counts; default 0.
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

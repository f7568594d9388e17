import { firstIndex } from '../../../../shared/firstIndex.ts';

/**
 * The first index of a sorted list whose item does not go before the inserted one.
 *
 * @param goesBefore whether an item stays in front of the inserted one.
 * @param from first index to search; default 0.
 */
export function insertionIndex<Item>(sorted: readonly Item[], goesBefore: (item: Item) => boolean, from = 0): number {
  return firstIndex(from, sorted.length, (index) => {
    const item = sorted[index];
    return item === undefined || !goesBefore(item);
  });
}

/**
 * Binary search: the first of the indices from `from` up to but not including `to` for which something holds that holds for all
 * that follow; `to` where it holds for none. Takes log2(n) looks.
 */
export function firstIndex(from: number, to: number, holds: (index: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

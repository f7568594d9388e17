/** Surrogates stand for characters beyond U+FFFF, so they come after every other code unit. */
const rank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Compares by UTF-8 bytes, the order in which S3 lists keys, without encoding them. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** The index of the first of these sorted keys that is not before `key`. */
export function lowerBound(sorted: readonly string[], key: string): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareKeys(sorted[middle] ?? '', key) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

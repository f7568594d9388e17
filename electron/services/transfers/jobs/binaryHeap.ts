/** A priority queue: the smallest item by `compare` comes first. Joining and leaving take O(log n). */
export class BinaryHeap<Item> {
  readonly #compare: (a: Item, b: Item) => number;
  /** The children of index i are at 2i + 1 and 2i + 2, and none is smaller than its parent. */
  #items: Item[] = [];

  /** @param compare negative where `a` comes before `b`. */
  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  first(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    let index = this.#items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Removes the first one; `undefined` where there is none. */
  takeFirst(): Item | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  /** Keeps the items that are chosen; O(n). */
  keep(isKept: (item: Item) => boolean): void {
    this.#items = this.#items.filter(isKept);
    for (let index = (this.#items.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  #sink(from: number): void {
    for (let index = from; ;) {
      const left = 2 * index + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  /** False where there is no item at one of them. */
  #isBefore(index: number, other: number): boolean {
    const [item, against] = [this.#items[index], this.#items[other]];
    return item !== undefined && against !== undefined && this.#compare(item, against) < 0;
  }

  #swap(index: number, other: number): void {
    const [item, against] = [this.#items[index], this.#items[other]];
    if (item === undefined || against === undefined) return;
    this.#items[index] = against;
    this.#items[other] = item;
  }
}

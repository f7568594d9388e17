import type { Transfer } from '../../shared/ipc.ts';

/** One transfer's place in lists. Its `order` changes only while it is in none. */
export interface Line {
  readonly id: string;
  order: number;
  transfer: Transfer;
}

/** Lines in one chunk: moving half of them on a split costs microseconds, and 100,000 lines are some hundred chunks. */
const MOST_IN_CHUNK = 512;

/**
 * Lines sorted by their order, in chunks: putting one in, taking one out and finding its place touch one chunk and the
 * chunks' lengths, never all lines.
 */
export class OrderedLines {
  #chunks: Line[][] = [];
  #length = 0;
  /** Where the last look was: whoever goes through the list from end to end never searches. */
  #seenChunk = 0;
  #seenStart = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): Line | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    const further = index >= this.#seenStart;
    let chunk = further ? this.#seenChunk : 0;
    let start = further ? this.#seenStart : 0;
    let lines = this.#chunks[chunk];
    while (lines && index >= start + lines.length) {
      start += lines.length;
      chunk += 1;
      lines = this.#chunks[chunk];
    }
    this.#seenChunk = chunk;
    this.#seenStart = start;
    return lines?.[index - start];
  }

  insert(line: Line): void {
    const chunk = this.#chunkFor(line);
    const lines = this.#chunks[chunk];
    this.#length += 1;
    this.#forgetLook();
    if (!lines) {
      this.#chunks.push([line]);
      return;
    }
    lines.splice(placeIn(lines, line), 0, line);
    if (lines.length > MOST_IN_CHUNK) this.#chunks.splice(chunk + 1, 0, lines.splice(lines.length >> 1));
  }

  /** Takes out a line that is in the list, under the order that it was put in with. */
  remove(line: Line): void {
    const chunk = this.#chunkFor(line);
    const lines = this.#chunks[chunk];
    if (!lines) return;
    const place = placeIn(lines, line);
    if (lines[place] !== line) return;
    lines.splice(place, 1);
    if (lines.length === 0) this.#chunks.splice(chunk, 1);
    this.#length -= 1;
    this.#forgetLook();
  }

  /** -1 for a line that is not in the list. */
  indexOf(line: Line): number {
    const chunk = this.#chunkFor(line);
    const lines = this.#chunks[chunk];
    if (!lines) return -1;
    const place = placeIn(lines, line);
    if (lines[place] !== line) return -1;
    return this.#chunks.slice(0, chunk).reduce((sum, { length }) => sum + length, place);
  }

  #forgetLook(): void {
    this.#seenChunk = 0;
    this.#seenStart = 0;
  }

  /** The first chunk whose last line does not come before this one; the last chunk for a line behind all. */
  #chunkFor(line: Line): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#chunks[middle]?.at(-1);
      if (last && compare(last, line) < 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low);
  }
}

/** The first place whose line does not come before this one. */
function placeIn(lines: readonly Line[], line: Line): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = lines[middle];
    if (other && compare(other, line) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(one: Line, other: Line): number {
  if (one.order !== other.order) return one.order - other.order;
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}

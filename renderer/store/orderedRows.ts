import { firstIndex } from '../../shared/firstIndex.ts';
import type { Transfer } from '../../shared/transfers.ts';

/** One transfer's place in lists. Its `order` changes only while it is in none. */
export interface Row {
  readonly id: string;
  order: number;
  transfer: Transfer;
}

/** Rows in one chunk: moving half of them on a split costs microseconds, and 100,000 rows are some hundred chunks. */
const MAX_ROWS_PER_CHUNK = 512;

/**
 * Rows sorted by their order, in chunks: putting one in, taking one out and finding its place touch one chunk and the
 * chunks' lengths, never all rows.
 */
export class OrderedRows {
  #chunks: Row[][] = [];
  #length = 0;
  /** Chunk of the last access, so that a walk from end to end never searches. */
  #seenChunk = 0;
  #seenStart = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): Row | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    const further = index >= this.#seenStart;
    let chunk = further ? this.#seenChunk : 0;
    let start = further ? this.#seenStart : 0;
    let rows = this.#chunks[chunk];
    while (rows && index >= start + rows.length) {
      start += rows.length;
      chunk += 1;
      rows = this.#chunks[chunk];
    }
    this.#seenChunk = chunk;
    this.#seenStart = start;
    return rows?.[index - start];
  }

  insert(row: Row): void {
    const chunk = this.#chunkFor(row);
    const rows = this.#chunks[chunk];
    this.#length += 1;
    this.#forgetLook();
    if (!rows) {
      this.#chunks.push([row]);
      return;
    }
    rows.splice(indexInChunk(rows, row), 0, row);
    if (rows.length > MAX_ROWS_PER_CHUNK) this.#chunks.splice(chunk + 1, 0, rows.splice(rows.length >> 1));
  }

  /** Takes out a row that is in the list, under the order that it was put in with. */
  remove(row: Row): void {
    const chunk = this.#chunkFor(row);
    const rows = this.#chunks[chunk];
    if (!rows) return;
    const place = indexInChunk(rows, row);
    if (rows[place] !== row) return;
    rows.splice(place, 1);
    if (rows.length === 0) this.#chunks.splice(chunk, 1);
    this.#length -= 1;
    this.#forgetLook();
  }

  /** -1 for a row that is not in the list. */
  indexOf(row: Row): number {
    const chunk = this.#chunkFor(row);
    const rows = this.#chunks[chunk];
    if (!rows) return -1;
    const place = indexInChunk(rows, row);
    if (rows[place] !== row) return -1;
    return this.#chunks.slice(0, chunk).reduce((sum, { length }) => sum + length, place);
  }

  #forgetLook(): void {
    this.#seenChunk = 0;
    this.#seenStart = 0;
  }

  /** The first chunk whose last row does not come before this one; the last chunk for a row behind all. */
  #chunkFor(row: Row): number {
    const last = Math.max(0, this.#chunks.length - 1);
    return firstIndex(0, last, (index) => {
      const end = this.#chunks[index]?.at(-1);
      return !end || compare(end, row) >= 0;
    });
  }
}

/** The first place whose row does not come before this one. */
function indexInChunk(rows: readonly Row[], row: Row): number {
  return firstIndex(0, rows.length, (index) => {
    const other = rows[index];
    return !other || compare(other, row) >= 0;
  });
}

function compare(one: Row, other: Row): number {
  if (one.order !== other.order) return one.order - other.order;
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}

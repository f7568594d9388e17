/** A stretch of the object, filled from its beginning. */
export interface Block {
  index: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes at the beginning that are there. */
  filled: number;
}

/** Blocks of one object in memory, bounded in bytes. Which of them may go is decided by the one who asks for room. */
export class Blocks {
  readonly size: number;
  readonly blockBytes: number;
  readonly #most: number;
  readonly #blocks = new Map<number, Block>();

  /**
   * @param size of the object, bytes
   * @param maxBytes of all blocks together; there is always room for one
   */
  constructor(size: number, blockBytes: number, maxBytes: number) {
    this.size = size;
    this.blockBytes = blockBytes;
    this.#most = Math.max(1, Math.floor(maxBytes / blockBytes));
  }

  get bytesHeld(): number {
    let held = 0;
    for (const { bytes } of this.#blocks.values()) held += bytes.length;
    return held;
  }

  indexOf(offset: number): number {
    return Math.floor(offset / this.blockBytes);
  }

  startOf(index: number): number {
    return index * this.blockBytes;
  }

  endOf(index: number): number {
    return Math.min(this.size, (index + 1) * this.blockBytes);
  }

  has(index: number): boolean {
    return this.#blocks.has(index);
  }

  isWhole(index: number): boolean {
    const block = this.#blocks.get(index);
    return block !== undefined && block.filled === block.bytes.length;
  }

  /** The byte from which on a block has to be asked for. */
  missingFrom(index: number): number {
    return this.startOf(index) + (this.#blocks.get(index)?.filled ?? 0);
  }

  /** Makes a block that can be filled, if there is none. */
  open(index: number): void {
    if (this.#blocks.has(index)) return;
    const bytes = new Uint8Array(this.endOf(index) - this.startOf(index));
    this.#blocks.set(index, { index, bytes, filled: 0 });
  }

  /**
   * Whether another block fits, once the ones that may go have gone, the farthest from `position` first.
   * @param isNeeded blocks that stay
   */
  makeRoom(position: number, isNeeded: (index: number) => boolean): boolean {
    while (this.#blocks.size >= this.#most) {
      const here = this.indexOf(position);
      let farthest: number | undefined;
      for (const index of this.#blocks.keys()) {
        if (isNeeded(index)) continue;
        if (farthest === undefined || Math.abs(index - here) > Math.abs(farthest - here)) farthest = index;
      }
      if (farthest === undefined) return false;
      this.#blocks.delete(farthest);
    }
    return true;
  }

  /** Takes bytes that belong at an offset, which is where the open block there ends so far. May go over several blocks. */
  fill(offset: number, bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length;) {
      const block = this.#blocks.get(this.indexOf(offset + taken));
      const at = offset + taken;
      if (block?.filled !== at - this.startOf(block?.index ?? 0)) throw new RangeError('Bytes that no block waits for');
      const part = bytes.subarray(taken, taken + block.bytes.length - block.filled);
      block.bytes.set(part, block.filled);
      block.filled += part.length;
      taken += part.length;
    }
  }

  /** Copies what is there without a gap from `offset` on; returns how much that was. */
  copy(offset: number, target: Uint8Array): number {
    let copied = 0;
    while (copied < target.length) {
      const block = this.#blocks.get(this.indexOf(offset + copied));
      if (!block) break;
      const from = offset + copied - this.startOf(block.index);
      const part = block.bytes.subarray(from, Math.min(block.filled, from + target.length - copied));
      if (part.length === 0) break;
      target.set(part, copied);
      copied += part.length;
    }
    return copied;
  }

  clear(): void {
    this.#blocks.clear();
  }
}

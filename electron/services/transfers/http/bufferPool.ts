import { NearplayError } from '../../../../shared/errors.ts';
import { MIB } from '../../../../shared/units.ts';

/** From this size on, files that are sent in one request may use all of the memory: few of them fill a long line. */
const LARGE_BYTES = 2 * MIB;

/** Bytes of buffers in use. */
export interface BufferLimits {
  /** For parts, and for small files. */
  usual: number;
  /** For larger files in one request as well. */
  most: number;
}

/**
 * Buffers for parts and small files, granted in the order of requests up to the limits. Buffers of equal size are
 * reused. A request larger than the limit is granted when no other is in use.
 */
export class BufferPool {
  readonly #limits: BufferLimits;
  #free: Buffer[] = [];
  #out = 0;
  readonly #waiting: { size: number; grant: () => void }[] = [];

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** A buffer, when one is free without waiting. */
  takeIfFree(size: number): Buffer | undefined {
    if (this.#waiting.length > 0 || !this.#fits(size, this.#limits.usual)) return undefined;
    this.#out += size;
    return this.#bufferOf(size);
  }

  /** @throws NearplayError cancelled */
  async take(size: number, signal: AbortSignal): Promise<Buffer> {
    if (signal.aborted) throw new NearplayError('cancelled');
    if (this.#waiting.length > 0 || !this.#fits(size)) await this.#wait(size, signal);
    else this.#out += size;
    return this.#bufferOf(size);
  }

  #bufferOf(size: number): Buffer {
    const index = this.#free.findIndex(({ length }) => length === size);
    const [known] = index === -1 ? [] : this.#free.splice(index, 1);
    if (known) return known;
    // Free buffers count as memory too: those of other sizes belong to finished files.
    while (this.#free.length > 0 && this.#out + this.#freeBytes() > this.#limits.usual) this.#free.shift();
    return Buffer.allocUnsafeSlow(size);
  }

  /** Frees unused buffers. */
  releaseFree(): void {
    this.#free = [];
  }

  /**
   * @param isClean false when a request may still read the buffer: it is left to the garbage collector and never
   *   reused.
   */
  giveBack(buffer: Buffer, isClean: boolean): void {
    this.#out -= buffer.length;
    if (isClean) this.#free.push(buffer);
    for (let next = this.#waiting[0]; next && this.#fits(next.size); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#out += next.size;
      next.grant();
    }
  }

  #freeBytes(): number {
    return this.#free.reduce((sum, { length }) => sum + length, 0);
  }

  #fits(size: number, limit = size < LARGE_BYTES ? this.#limits.usual : this.#limits.most): boolean {
    return this.#out === 0 || this.#out + size <= limit;
  }

  #wait(size: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new NearplayError('cancelled'));
      };
      const waiting = {
        size,
        grant: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
    });
  }
}

import { finished, type Readable } from 'node:stream';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';

/** Bytes that are handed over at once: fewer writes and turns than a socket's pieces (64 KiB), and a bound on memory. */
const BATCH_BYTES = 128 * KIB;
/** Age at which a smaller batch is handed over: a slow line shows progress, and loses little with its connection. */
const BATCH_AGE_MS = SECOND_MS / 5;

/**
 * The bytes of a body in batches. Costs a fraction of the stream's own iterator, which takes several promises a piece. Bytes are
 * copied into two buffers that take turns, so that a socket's pieces live for a moment only: kept until they are written, they
 * would be old for the garbage collector and pile up. The stream is held back while a whole batch waits.
 */
export class BodyBatches {
  readonly #body: Readable;
  readonly #arrived: () => void;
  readonly #batchBytes: number;
  readonly #maxAgeMs: number;
  #filling: Buffer | undefined;
  /** Was handed over last. */
  #other: Buffer | undefined;
  #held = 0;
  #heldSince = 0;
  /** What did not fit into the batch. */
  #excess: Buffer[] = [];
  #end: { error?: Error | null | undefined } | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param arrived called for each piece.
   * @param whole a buffer for a body that is one batch, however long it takes.
   */
  constructor(body: Readable, arrived: () => void, whole?: Buffer) {
    this.#body = body;
    this.#arrived = arrived;
    this.#filling = whole;
    this.#batchBytes = whole?.length ?? BATCH_BYTES;
    this.#maxAgeMs = whole ? Number.POSITIVE_INFINITY : BATCH_AGE_MS;
    finished(body, { writable: false }, (error) => {
      this.#end = { error };
      this.#wake?.();
    });
    body.on('data', (piece: Buffer) => this.#take(piece));
  }

  /**
   * The next bytes, in a buffer that is used again after the next call; `undefined` at the end.
   *
   * @throws the stream's error, after the bytes that came before it
   */
  async next(): Promise<Buffer | undefined> {
    while (!this.#isReady() && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    const bytes = this.rest();
    if (bytes) return bytes;
    if (this.#end?.error) throw this.#end.error;
    return undefined;
  }

  /** What has arrived, at most a batch, as `next` gives it; `undefined`: nothing. */
  rest(): Buffer | undefined {
    const [full, length] = [this.#filling, this.#held];
    [this.#filling, this.#other, this.#held] = [this.#other, full, 0];
    const excess = this.#excess;
    this.#excess = [];
    for (const piece of excess) this.#put(piece);
    if (this.#body.isPaused() && !this.#isReady()) this.#body.resume();
    return length > 0 ? full?.subarray(0, length) : undefined;
  }

  #take(piece: Buffer): void {
    this.#put(piece);
    this.#arrived();
    if (!this.#isReady()) return;
    if (this.#wake) this.#wake();
    else this.#body.pause();
  }

  #put(piece: Buffer): void {
    if (this.#held === 0) this.#heldSince = performance.now();
    this.#filling ??= Buffer.allocUnsafeSlow(this.#batchBytes);
    const fits = this.#excess.length > 0 ? 0 : Math.min(piece.length, this.#batchBytes - this.#held);
    piece.copy(this.#filling, this.#held, 0, fits);
    this.#held += fits;
    if (fits < piece.length) this.#excess.push(piece.subarray(fits));
  }

  #isReady(): boolean {
    return this.#held >= this.#batchBytes || (this.#held > 0 && performance.now() - this.#heldSince >= this.#maxAgeMs);
  }
}

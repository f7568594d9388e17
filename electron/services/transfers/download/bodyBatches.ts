import { finished, type Readable } from 'node:stream';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';

/** Bytes that are handed over at once: fewer writes and turns than a socket's pieces (64 KiB), and a bound on memory. */
const BATCH_BYTES = 128 * KIB;
/** Age at which a smaller batch is handed over: a slow line shows progress, and loses little with its connection. */
const BATCH_AGE_MS = SECOND_MS / 5;

/**
 * The bytes of a body in batches of pieces as they arrived, without copying them. Costs a fraction of the stream's own
 * iterator, which takes several promises a piece. The stream is held back while a whole batch waits.
 */
export class BodyBatches {
  readonly #body: Readable;
  readonly #arrived: () => void;
  #pieces: Buffer[] = [];
  #held = 0;
  #heldSince = 0;
  #end: { error?: Error | null | undefined } | undefined;
  #wake: (() => void) | undefined;

  /** @param arrived called for each piece. */
  constructor(body: Readable, arrived: () => void) {
    this.#body = body;
    this.#arrived = arrived;
    finished(body, { writable: false }, (error) => {
      this.#end = { error };
      this.#wake?.();
    });
    body.on('data', (piece: Buffer) => this.#take(piece));
  }

  /** The next bytes; `undefined` at the end. @throws the stream's error, after the bytes that came before it */
  async next(): Promise<Buffer[] | undefined> {
    while (!this.#isReady() && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    const pieces = this.rest();
    if (this.#body.isPaused()) this.#body.resume();
    if (pieces.length > 0) return pieces;
    if (this.#end?.error) throw this.#end.error;
    return undefined;
  }

  /** What has arrived, however little. */
  rest(): Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#held = 0;
    return pieces;
  }

  #take(piece: Buffer): void {
    if (this.#held === 0) this.#heldSince = performance.now();
    this.#pieces.push(piece);
    this.#held += piece.length;
    this.#arrived();
    if (!this.#isReady()) return;
    if (this.#wake) this.#wake();
    else this.#body.pause();
  }

  #isReady(): boolean {
    return this.#held >= BATCH_BYTES || (this.#held > 0 && performance.now() - this.#heldSince >= BATCH_AGE_MS);
  }
}

import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../../shared/errors.ts';
import type { BandwidthLimiter } from './bandwidthLimiter.ts';

/** A body in slices of at most this size; iterated once. */
export type BodyChunks = (sliceSize: () => number) => Iterable<Buffer> | AsyncIterable<Buffer>;

/** A body of bytes in memory. */
export function chunksOf(bytes: Buffer): BodyChunks {
  return function* (sliceSize) {
    for (let start = 0; start < bytes.length;) {
      const end = Math.min(bytes.length, start + sliceSize());
      yield bytes.subarray(start, end);
      start = end;
    }
  };
}

export interface GuardedRequestsOptions {
  bandwidth: BandwidthLimiter;
  /** Milliseconds without a byte sent, or without an answer after the last one. */
  idleTimeout: number;
  /** Called with the milliseconds between a request, or the end of its body, and the answer. */
  roundTrip?: (milliseconds: number) => void;
}

export interface Body {
  chunks: BodyChunks;
  /** Called with bytes as the connection takes them. */
  onBytes: (bytes: number) => void;
}

type Send<Answer> = (options: { abortSignal: AbortSignal }) => Promise<Answer>;
type SendBody<Answer> = (body: Readable, options: { abortSignal: AbortSignal }) => Promise<Answer>;

/** Requests that cannot hang: each ends by an answer, an abort or a time-out. Bodies draw from the bandwidth limit. */
export class GuardedRequests {
  readonly #options: GuardedRequestsOptions;

  constructor(options: GuardedRequestsOptions) {
    this.#options = options;
  }

  /**
   * @param timeout milliseconds for the whole request; default: the idle time-out.
   * @throws NearplayError cancelled, timeout; otherwise what `send` throws
   */
  async request<Answer>(signal: AbortSignal, send: Send<Answer>, timeout = this.#options.idleTimeout): Promise<Answer> {
    return this.#guarded(signal, timeout, async ({ abortSignal }) => {
      const begun = performance.now();
      const answer = await send({ abortSignal });
      this.#options.roundTrip?.(performance.now() - begun);
      return answer;
    });
  }

  /** Sends a body slice by slice, without a limit for the whole as long as bytes are sent. @throws as `request` */
  async sendBody<Answer>(signal: AbortSignal, body: Body, send: SendBody<Answer>): Promise<Answer> {
    const { bandwidth, idleTimeout } = this.#options;
    return this.#guarded(signal, idleTimeout, async ({ abortSignal, stillMoving, fail }) => {
      let movedAt = performance.now();
      const paced = async function* () {
        for await (const slice of body.chunks(() => bandwidth.sliceSize())) {
          await bandwidth.take(slice.length, abortSignal, stillMoving);
          stillMoving();
          movedAt = performance.now();
          body.onBytes(slice.length);
          yield slice;
        }
      };
      const readable = Readable.from(paced(), { objectMode: false, highWaterMark: 1 });
      // An error of the source would leave the request open forever.
      readable.on('error', fail);
      try {
        const answer = await send(readable, { abortSignal });
        this.#options.roundTrip?.(performance.now() - movedAt);
        return answer;
      } finally {
        readable.destroy();
      }
    });
  }

  /**
   * Sends bytes in memory as one slice: without a stream, which costs a small request as much as signing it does. How far
   * it is on its way is not known, so its bytes are told with the answer.
   *
   * @throws as `request`
   */
  async sendSlice<Answer>(
    signal: AbortSignal,
    bytes: Buffer,
    onBytes: (bytes: number) => void,
    send: Send<Answer>,
  ): Promise<Answer> {
    const { bandwidth, idleTimeout } = this.#options;
    return this.#guarded(signal, idleTimeout, async ({ abortSignal, stillMoving }) => {
      await bandwidth.take(bytes.length, abortSignal, stillMoving);
      stillMoving();
      const begun = performance.now();
      const answer = await send({ abortSignal });
      onBytes(bytes.length);
      this.#options.roundTrip?.(performance.now() - begun);
      return answer;
    });
  }

  /** Whether a body is one slice under the limit that is in force. */
  isSlice(bytes: number): boolean {
    return bytes <= this.#options.bandwidth.sliceSize();
  }

  async #guarded<Answer>(
    signal: AbortSignal,
    timeout: number,
    work: (guard: Guard) => Promise<Answer>,
  ): Promise<Answer> {
    if (signal.aborted) throw new NearplayError('cancelled');
    const request = new AbortController();
    setMaxListeners(0, request.signal);
    let failure: unknown;
    const fail = (error: unknown) => {
      failure ??= error;
      request.abort();
    };
    const timer = setTimeout(() => fail(new NearplayError('timeout')), timeout);
    const stop = () => fail(new NearplayError('cancelled'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await work({ abortSignal: request.signal, stillMoving: () => timer.refresh(), fail });
    } catch (error) {
      // An early refusal leaves a body half sent: the connection must not stay open for the rest.
      request.abort();
      throw failure ?? error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}

interface Guard {
  abortSignal: AbortSignal;
  stillMoving: () => void;
  fail: (error: unknown) => void;
}

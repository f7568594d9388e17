import { SECOND_MS } from '../../shared/units.ts';
import type { DecoderAnswer, DecoderRequest } from './decoderServer.ts';
import { type Picture, PictureError } from './picture.ts';

/** What the pool needs of a Web Worker. */
export interface DecoderWorker {
  postMessage: (request: DecoderRequest, transfer: ArrayBuffer[]) => void;
  onmessage: ((event: { data: DecoderAnswer }) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate: () => void;
}

export interface DecoderPoolOptions {
  makeWorker: () => DecoderWorker;
  /** Workers at most. */
  size: number;
  /** A picture that takes longer is given up, and its worker replaced. Default 30 s. */
  timeoutMs?: number;
}

/** Far beyond the slowest picture within the limits of size: what takes longer hangs. */
const TIMEOUT_MS = 30 * SECOND_MS;

interface Job {
  bytes: Uint8Array<ArrayBuffer>;
  layer: string | undefined;
  signal: AbortSignal | undefined;
  settle: { resolve: (picture: Picture) => void; reject: (error: unknown) => void };
}

/** A worker, and what it decodes. */
interface Seat {
  worker: DecoderWorker;
  job: { id: number; settle: Job['settle']; timer: ReturnType<typeof setTimeout> } | undefined;
}

/**
 * Decodes pictures in a bounded number of workers, the first asked for first. A worker that breaks down or hangs is replaced, and costs its
 * own picture only.
 */
export class DecoderPool {
  readonly #options: Required<DecoderPoolOptions>;
  readonly #seats: Seat[] = [];
  #queue: Job[] = [];
  #ids = 0;

  constructor(options: DecoderPoolOptions) {
    this.#options = { timeoutMs: TIMEOUT_MS, ...options };
  }

  /**
   * Decodes a file. Its bytes go to the worker: they are gone here afterwards.
   * @param layer id of a layer; default the main one
   * @throws PictureError; the reason of `signal`
   */
  decode(bytes: Uint8Array<ArrayBuffer>, layer?: string, signal?: AbortSignal): Promise<Picture> {
    const { promise, ...settle } = Promise.withResolvers<Picture>();
    if (signal?.aborted) {
      settle.reject(signal.reason);
      return promise;
    }
    this.#queue.push({ bytes, layer, signal, settle });
    // One that waits is told at once, not when a worker is free.
    signal?.addEventListener('abort', () => this.#next(), { once: true });
    this.#next();
    return promise;
  }

  /** Ends all workers; what they decode is given up. */
  dispose(): void {
    for (const { settle } of this.#queue) settle.reject(new PictureError({ is: 'stopped' }));
    this.#queue = [];
    for (const seat of [...this.#seats]) this.#replace(seat);
  }

  #next(): void {
    this.#queue = this.#queue.filter(({ signal, settle }) => {
      if (signal?.aborted) settle.reject(signal.reason);
      return signal?.aborted !== true;
    });
    while (this.#queue.length > 0) {
      const seat = this.#seats.find(({ job }) => job === undefined) ?? this.#newSeat();
      const job = seat && this.#queue.shift();
      if (!job) return;
      this.#start(seat, job);
    }
  }

  #newSeat(): Seat | undefined {
    if (this.#seats.length >= this.#options.size) return undefined;
    const seat: Seat = { worker: this.#options.makeWorker(), job: undefined };
    seat.worker.onmessage = ({ data }) => this.#answered(seat, data);
    seat.worker.onerror = () => {
      this.#replace(seat);
      this.#next();
    };
    this.#seats.push(seat);
    return seat;
  }

  #start(seat: Seat, { bytes, layer, signal, settle }: Job): void {
    const id = ++this.#ids;
    const timer = setTimeout(() => {
      this.#replace(seat);
      this.#next();
    }, this.#options.timeoutMs);
    seat.job = { id, settle, timer };
    const cancel = (): void => {
      if (seat.job?.id !== id) return;
      // The worker is free when it answers, or is replaced when it does not.
      settle.reject(signal?.reason);
      seat.worker.postMessage({ id, cancel: true }, []);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    seat.worker.postMessage({ id, bytes, ...(layer !== undefined && { layer }) }, [bytes.buffer]);
  }

  #answered(seat: Seat, answer: DecoderAnswer): void {
    const { job } = seat;
    if (job?.id !== answer.id) return;
    clearTimeout(job.timer);
    seat.job = undefined;
    if ('picture' in answer) job.settle.resolve(answer.picture);
    else job.settle.reject(new PictureError('fault' in answer ? answer.fault : { is: 'stopped' }));
    this.#next();
  }

  /** Ends a worker; another one takes its place when there is work. */
  #replace(seat: Seat): void {
    seat.worker.terminate();
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    if (!seat.job) return;
    clearTimeout(seat.job.timer);
    seat.job.settle.reject(new PictureError({ is: 'stopped' }));
    seat.job = undefined;
  }
}

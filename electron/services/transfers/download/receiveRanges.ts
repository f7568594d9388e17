import { setMaxListeners } from 'node:events';
import { type ErrorCode, NearplayError } from '../../../../shared/errors.ts';
import type { Sleep } from '../../runtime/async.ts';
import { backoffDelay } from '../../runtime/backoff.ts';
import type { BandwidthLimiter } from '../http/bandwidthLimiter.ts';
import type { BufferPool } from '../http/bufferPool.ts';
import type { PlaybackYield } from '../http/playbackYield.ts';
import type { RequestSlots } from '../http/requestSlots.ts';
import type { TransferClients } from '../http/transferClient.ts';
import { type Batch, OtherRange, RangesIgnored } from './objectBytes.ts';
import type { PartFile } from './partFile.ts';
import type { ByteRange } from './ranges.ts';

/** Of one object: more only wait for each other on one line. */
const MAX_RANGES_AT_ONCE = 64;
/** Failures of one range in a row, at a replica, after which main gives it. */
const MAX_REPLICA_FAILURES = 2;

/** Failures of one connection or of one answer: the same request may succeed. */
const BREAKS: ReadonlySet<ErrorCode> = new Set(['offline', 'timeout', 'slow-down', 'storage-failed']);

/** Resources that all downloads share. */
export interface DownloadResources {
  slots: RequestSlots;
  bandwidth: BandwidthLimiter;
  /** Memory for objects that are read in one request. */
  buffers: BufferPool;
  /** Clients that try once: a range has retries of its own. */
  clients: TransferClients;
  /** What a player leaves to them. */
  playback: PlaybackYield;
  /** Called with bytes as they arrive, before they are written. */
  arrived?: ((bytes: number) => void) | undefined;
}

/** Reads bytes of the object from one storage. @throws NearplayError as objectBytes */
export type ReadRange = (range: ByteRange, signal: AbortSignal) => AsyncIterable<Batch>;

export interface RangesToReceive {
  part: PartFile;
  /** Owner of the request slots, which take turns by owner. */
  owner: string;
  resources: DownloadResources;
  read: ReadRange;
  /** Reads from the main storage instead, where `read` is a replica; asked once, when a range needs it. */
  fallback?: (signal: AbortSignal) => Promise<ReadRange>;
  /** Called with bytes as they are written. */
  written: (bytes: number) => void;
  signal: AbortSignal;
  random: () => number;
  sleep: Sleep;
}

/**
 * Reads the missing bytes of an object into its part file, in ranges side by side. A range whose connection breaks is
 * requested again from where it ended while the others go on, and from the main storage where a replica fails twice.
 *
 * @throws NearplayError of the failure that ended it, once nothing is written any more: any that is not a break of one
 *   connection; a break when no connection brings bytes; RangesIgnored; OtherRange; cancelled
 */
export async function receiveRanges(asked: RangesToReceive): Promise<void> {
  await new RangesRun(asked).toTheEnd();
}

class RangesRun {
  readonly #asked: RangesToReceive;
  readonly #pending: number[];
  /** Aborted by the first failure that ends all, and by the caller. */
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #failuresOf = new Map<number, number>();
  readonly #fromFallback = new Set<number>();
  #fallback: Promise<ReadRange> | undefined;
  #isFallbackUseless = false;
  #failure: { error: unknown } | undefined;
  #hasBytes = false;
  /** Requests under way. */
  #requests = 0;
  /** The most of them at once, and the breaks, since the last byte of any connection. */
  #mostRequests = 0;
  #fruitless = 0;

  constructor(asked: RangesToReceive) {
    this.#asked = asked;
    const { received } = asked.part;
    // An empty object is one empty range, which is requested as well.
    this.#pending = received.plan.size === 0 ? [0] : received.missing();
    this.#signal = AbortSignal.any([asked.signal, this.#ended.signal]);
    setMaxListeners(0, this.#signal);
  }

  async toTheEnd(): Promise<void> {
    const { slots } = this.#asked.resources;
    const workers = Math.min(this.#pending.length, slots.most, MAX_RANGES_AT_ONCE);
    await Promise.all(Array.from({ length: workers }, () => this.#work()));
    if (this.#failure) throw this.#failure.error;
  }

  async #work(): Promise<void> {
    try {
      for (let index = this.#pending.shift(); index !== undefined; index = this.#pending.shift()) {
        await this.#receive(index);
      }
    } catch (error) {
      this.#failure ??= { error };
      this.#ended.abort();
    }
  }

  /** One range, over as many connections as it takes. */
  async #receive(index: number): Promise<void> {
    for (;;) {
      try {
        const release = await this.#asked.resources.slots.acquire(this.#asked.owner, this.#signal);
        this.#requests += 1;
        this.#mostRequests = Math.max(this.#mostRequests, this.#requests);
        try {
          await this.#receiveOnce(index);
          return;
        } finally {
          this.#requests -= 1;
          release();
        }
      } catch (error) {
        await this.#settleBreak(index, error);
      }
    }
  }

  async #receiveOnce(index: number): Promise<void> {
    const { part } = this.#asked;
    const rest = part.received.restOf(index);
    const isFallback = this.#fromFallback.has(index);
    const read = isFallback ? await this.#readFallback() : this.#asked.read;
    let expected = rest.start;
    try {
      for await (const { position, bytes } of read(rest, this.#signal)) {
        if (position !== expected) {
          // A server that ignores the range has begun at 0.
          if (part.received.plan.count > 1) throw new RangesIgnored();
          await part.beginAgain();
          expected = position;
        }
        expected += bytes.length;
        this.#arrived(index, bytes.length);
        await part.write(index, bytes);
        this.#asked.written(bytes.length);
        await this.#asked.resources.bandwidth.take(bytes.length, this.#signal);
      }
    } catch (error) {
      if (isFallback && !isBreakOfOne(error)) this.#isFallbackUseless = true;
      throw error;
    }
  }

  #arrived(index: number, bytes: number): void {
    this.#hasBytes = true;
    this.#fruitless = 0;
    this.#mostRequests = this.#requests;
    this.#failuresOf.delete(index);
    this.#asked.resources.slots.addBytes(bytes);
    this.#asked.resources.arrived?.(bytes);
  }

  /** Resolves when the range is due again. @throws NearplayError when all end */
  async #settleBreak(index: number, error: unknown): Promise<void> {
    // The main storage does not give it either: the replica is asked on, and its own failures count.
    const isOfFallback = this.#fromFallback.has(index) && this.#isFallbackUseless;
    if (isOfFallback) this.#fromFallback.clear();
    if (this.#signal.aborted || !(error instanceof NearplayError)) throw error;
    if (!isBreakOfOne(error) && !isOfFallback) throw error;
    const { slots } = this.#asked.resources;
    if (error.code === 'slow-down' || error.code === 'timeout') slots.slowDown();
    this.#fruitless += 1;
    const failures = (this.#failuresOf.get(index) ?? 0) + 1;
    this.#failuresOf.set(index, failures);
    // As many as there were connections, not as many as wait for a slot: the wait is told soon.
    const isLast = this.#fruitless >= this.#mostRequests;
    // A replica that has given nothing at all is a matter of the whole download.
    const isWorthIt = this.#hasBytes && this.#asked.part.received.plan.count > 1;
    const mayFallBack = this.#asked.fallback !== undefined && !this.#isFallbackUseless && isWorthIt;
    const fallsBack = mayFallBack && !this.#fromFallback.has(index) && (isLast || failures >= MAX_REPLICA_FAILURES);
    // No connection brings bytes: the caller decides, and tells that it waits. The refusal of main is no answer of the replica.
    if (isLast && !fallsBack && !isOfFallback) throw error;
    if (fallsBack) this.#fromFallback.add(index);
    await this.#asked.sleep(backoffDelay(failures, this.#asked.random()), this.#signal);
  }

  async #readFallback(): Promise<ReadRange> {
    const { fallback, read } = this.#asked;
    if (!fallback) return read;
    this.#fallback ??= fallback(this.#signal);
    try {
      return await this.#fallback;
    } catch (error) {
      this.#isFallbackUseless = true;
      throw error;
    }
  }
}

function isBreakOfOne(error: unknown): boolean {
  const isOfAll = error instanceof OtherRange || error instanceof RangesIgnored;
  return error instanceof NearplayError && BREAKS.has(error.code) && !isOfAll;
}

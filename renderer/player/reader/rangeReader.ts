import { growingDelay, type Growth } from '../../../shared/growingDelay.ts';
import { MIB, SECOND_MS } from '../../../shared/units.ts';
import { NearplayApiError } from '../../api.ts';
import { Blocks } from './blocks.ts';
import { RangeFailure, receiveRange } from './rangeRequest.ts';
import { type AskForLink, type ReadLink, ReadLinks, VersionChanged } from './readLinks.ts';

export interface RangeReaderOptions {
  link: AskForLink;
  /** Milliseconds, on the clock that the ends of links are given in. Default: since the epoch. */
  now?: () => number;
  /** Default: the window's own. */
  ask?: typeof fetch;
  /** Unit of what is asked for, kept and let go. Default 1 MiB: a twentieth of a second at 20 MB/s, a sixth at 6 MB/s. */
  blockBytes?: number;
  /** All that is kept at most. Default 64 MiB; at least two blocks. */
  maxBufferBytes?: number;
  /** Read ahead of the last position at most; default half of the buffer, so that as much stays behind it. 0: nothing. */
  maxAheadBytes?: number;
  /** Requests side by side. Default 6, what Chromium opens to an origin over HTTP/1.1. */
  maxRequests?: number;
  /** Without a byte for so long a request has failed. Default 5 s. */
  silenceMs?: number;
  /** Between attempts for one block; the second one follows the first at once. Default 0.25 s, growing to 2 s. */
  retryDelay?: Growth;
  /** Blocks that one request brings at most, where waiting for its first byte would cost more than reading. Default 4. */
  maxBlocksPerRequest?: number;
}

/** Since the beginning. */
export interface ReaderFigures {
  requests: number;
  requestsAtOnce: number;
  mostRequestsAtOnce: number;
  bytesReceived: number;
  bytesHeld: number;
}

const BLOCK_BYTES = MIB;
const MAX_BUFFER_BYTES = 64 * MIB;
const MAX_REQUESTS = 6;
const SILENCE_MS = 5 * SECOND_MS;
/** Reading on makes what is read ahead grow to this multiple of what was read in one go: a jump is followed by little. */
const AHEAD_PER_BYTE_READ = 4;
/** A request waits for its first byte; it carries so many times what its connection could have carried meanwhile, if it may. */
const CARRIED_PER_WAIT = 3;
const MAX_BLOCKS_PER_REQUEST = 4;
/** Failures of one block in a row, without a byte between them, after which who waits for it is told. */
const MAX_FAILURES = 5;
const RETRY_DELAY = { first: SECOND_MS / 4, most: 2 * SECOND_MS };
/** Weight of the newest request in the means of delay and rate. */
const NEWEST_WEIGHT = 0.3;

/** A request under way, for consecutive blocks. */
interface Run {
  /** Next byte to come. */
  at: number;
  end: number;
  /** That it reads from; absent before it has a link. */
  storage?: string;
  ends: AbortController;
}

interface Read {
  /** Next byte to hand out. */
  at: number;
  end: number;
  /** Block that is waited for. */
  waitsFor: number | undefined;
}

/**
 * Reads bytes of one version of an object by Range, over several connections where one carries too little. What is read in
 * order is read ahead of, up to a bound; what is in the buffer is not asked for again; what nothing waits for any more is
 * broken off. A request that fails goes on at its byte over a new link, of another storage where the fault is one of the
 * storage, and bytes of another version are refused.
 */
export class RangeReader {
  readonly #links: ReadLinks;
  readonly #options: Required<Omit<RangeReaderOptions, 'link' | 'now'>>;
  readonly #runs = new Set<Run>();
  readonly #reads = new Set<Read>();
  /** Failures in a row by block, without a byte between them. */
  readonly #failures = new Map<number, { count: number; last: Error }>();
  /** ETag by storage, as its first answer gave it. */
  readonly #etags = new Map<string, string>();
  #blocks: Blocks | undefined;
  /** End of what was read last. */
  #position = 0;
  /** Bytes read in one go up to the position. */
  #inOneGo = 0;
  #moved = Promise.withResolvers<undefined>();
  /** Ends all reads. */
  #over: Error | undefined;
  /** Means over requests: milliseconds until the first byte, bytes a millisecond after it. */
  #waitMs = 0;
  #rate = 0;
  readonly #counts = { requests: 0, mostRequestsAtOnce: 0, bytesReceived: 0 };

  constructor(options: RangeReaderOptions) {
    const { link, now = Date.now, ...rest } = options;
    const { blockBytes = BLOCK_BYTES, maxBufferBytes = MAX_BUFFER_BYTES } = rest;
    this.#links = new ReadLinks(link, now);
    this.#options = {
      ask: (input, init) => fetch(input, init),
      maxRequests: MAX_REQUESTS,
      silenceMs: SILENCE_MS,
      retryDelay: RETRY_DELAY,
      maxBlocksPerRequest: MAX_BLOCKS_PER_REQUEST,
      maxAheadBytes: Math.floor(maxBufferBytes / 2),
      ...rest,
      blockBytes,
      maxBufferBytes,
    };
  }

  get figures(): ReaderFigures {
    return { ...this.#counts, requestsAtOnce: this.#runs.size, bytesHeld: this.#blocks?.bytesHeld ?? 0 };
  }

  /** Storage that is read from; undefined before the first link. */
  get storage(): string | undefined {
    return this.#links.storage;
  }

  /** Size of the object, bytes. @throws what `link` rejects with */
  async size(): Promise<number> {
    return (await this.#open()).size;
  }

  /** A read waits for bytes. */
  get isWaiting(): boolean {
    return this.#reads.size > 0;
  }

  /**
   * Asks for another link: the route may be another one now. What is under way goes on over the present one, and where the new link is of
   * another storage, at its byte from there: the one before may be left because it is slow.
   */
  renewLink(): void {
    void this.#links.renew().then((link) => {
      if (!link || this.#over) return;
      for (const run of this.#runs)
        if (run.storage !== undefined && run.storage !== link.route.storage) this.#breakOff(run);
      this.#pump();
    });
  }

  /**
   * Bytes from `start` up to but not including `end`.
   * @throws RangeError for bytes that the object does not have; VersionChanged; RangeFailure when no link gives them;
   *   NearplayApiError when there is no link; the reason of `signal`; Error after `dispose`
   */
  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const blocks = await this.#open();
    if (!(start >= 0 && start <= end && end <= blocks.size)) {
      throw new RangeError(`No bytes ${start} to ${end} of ${blocks.size}`);
    }
    const read: Read = { at: start, end, waitsFor: undefined };
    const result = new Uint8Array(end - start);
    const stop = (): void => this.#wake();
    signal?.addEventListener('abort', stop);
    this.#jump(start);
    this.#reads.add(read);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#over) throw this.#over;
        const copied = blocks.copy(read.at, result.subarray(read.at - start));
        this.#advance(read, copied);
        if (read.at === end) return result;
        this.#waitFor(read, blocks.indexOf(read.at));
        this.#pump();
        await this.#moved.promise;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#reads.delete(read);
      this.#pump();
    }
  }

  /** Ends all requests and reads, and lets go of the buffer. */
  dispose(): void {
    this.#end(new Error('The reader is closed'));
  }

  async #open(): Promise<Blocks> {
    if (this.#over) throw this.#over;
    if (this.#blocks) return this.#blocks;
    const { size } = await this.#links.get();
    const { blockBytes, maxBufferBytes } = this.#options;
    this.#blocks ??= new Blocks(size, blockBytes, maxBufferBytes);
    return this.#blocks;
  }

  /** A read that begins about where the last one ended goes on with it; any other begins anew. */
  #jump(start: number): void {
    const { blockBytes } = this.#options;
    const distance = start - this.#position;
    if (distance < -2 * blockBytes || distance > blockBytes) this.#inOneGo = 0;
    this.#position = start;
  }

  #advance(read: Read, bytes: number): void {
    if (bytes === 0) return;
    read.at += bytes;
    this.#position = read.at;
    this.#inOneGo += bytes;
  }

  /**
   * What failed while nothing waited for it may work now: it is tried again.
   * @throws the failure of a block that failed too often while this read waited for it
   */
  #waitFor(read: Read, index: number): void {
    const isNew = read.waitsFor !== index;
    read.waitsFor = index;
    if (!this.#isGivenUp(index)) return;
    const failure = this.#failures.get(index);
    this.#failures.delete(index);
    if (failure && !isNew) throw failure.last;
  }

  /** Bytes to read ahead of the position. */
  get #ahead(): number {
    return Math.min(this.#options.maxAheadBytes, this.#inOneGo * AHEAD_PER_BYTE_READ);
  }

  /** Blocks to have, the most urgent first: what reads wait for, then what lies ahead of the position. */
  #wanted(blocks: Blocks): { urgent: number[]; wanted: Set<number> } {
    const { maxBufferBytes } = this.#options;
    const wanted = new Set<number>();
    const add = (from: number, to: number): void => {
      for (let index = blocks.indexOf(from); blocks.startOf(index) < Math.min(to, blocks.size); index++)
        wanted.add(index);
    };
    // Newest first: an older read may be of a place that was left.
    const reads = [...this.#reads].reverse();
    const urgent = reads.map(({ at }) => blocks.indexOf(at));
    for (const index of urgent) wanted.add(index);
    for (const { at, end } of reads) add(at, Math.min(end, at + Math.floor(maxBufferBytes / 2)));
    if (this.#ahead > 0) add(this.#position, this.#position + this.#ahead);
    return { urgent, wanted };
  }

  /** Starts what is wanted, as far as requests and room allow, and breaks off what is not. */
  #pump(): void {
    const blocks = this.#blocks;
    if (!blocks || this.#over) return;
    const { urgent, wanted } = this.#wanted(blocks);
    const isComing = (index: number): boolean =>
      [...this.#runs].some(({ at, end }) => blocks.indexOf(at) <= index && index <= blocks.indexOf(end - 1));
    for (const run of this.#runs) {
      // With all of its bytes it ends by itself, and leaves its connection to the next one.
      let isWanted = run.at === run.end;
      for (let index = blocks.indexOf(run.at); blocks.startOf(index) < run.end; index++) isWanted ||= wanted.has(index);
      if (!isWanted) this.#breakOff(run);
    }
    const missing = [...wanted].filter(
      (index) => !blocks.isWhole(index) && !isComing(index) && !this.#isGivenUp(index),
    );
    const carried = this.#blocksPerRequest();
    while (missing.length > 0) {
      const [first] = missing;
      // What is far ahead waits until there is enough of it for a request; what a read waits for never does, wherever others read.
      const isFar = first !== undefined && blocks.startOf(first) > this.#position + this.#ahead / 2;
      if (isFar && missing.length < carried && !urgent.includes(first)) return;
      if (first === undefined || !this.#hasSlotFor(first, urgent, blocks)) return;
      // All free connections get something to do.
      const each = Math.min(
        carried,
        Math.ceil(missing.length / Math.max(1, this.#options.maxRequests - this.#runs.size)),
      );
      const run: number[] = [];
      while (run.length < each && missing[0] === first + run.length) {
        const index = first + run.length;
        // What has begun to arrive goes on at its byte, by a request of its own.
        if (run.length > 0 && blocks.missingFrom(index) > blocks.startOf(index)) break;
        const isNeeded = (other: number): boolean => wanted.has(other) || isComing(other);
        const hasRoom = blocks.has(index) || blocks.makeRoom(this.#position, isNeeded);
        // What a read waits for is always taken: it is a block a read at most.
        if (!hasRoom && !urgent.includes(index)) break;
        blocks.open(index);
        run.push(index);
        missing.shift();
      }
      const last = run.at(-1);
      if (last === undefined) return;
      this.#start(blocks, { at: blocks.missingFrom(first), end: blocks.endOf(last), ends: new AbortController() });
    }
  }

  /** A block that failed too often waits for a read that asks for it. */
  #isGivenUp(index: number): boolean {
    return (this.#failures.get(index)?.count ?? 0) >= MAX_FAILURES;
  }

  /** What is waited for goes before what is read ahead, which loses the farthest of its requests. */
  #hasSlotFor(index: number, urgent: readonly number[], blocks: Blocks): boolean {
    if (this.#runs.size < this.#options.maxRequests) return true;
    if (!urgent.includes(index)) return false;
    const serves = ({ at, end }: Run): boolean =>
      urgent.some((other) => blocks.indexOf(at) <= other && other <= blocks.indexOf(end - 1));
    const [farthest] = [...this.#runs].filter((run) => !serves(run)).sort((a, b) => b.at - a.at);
    if (!farthest) return false;
    this.#breakOff(farthest);
    return true;
  }

  /** Several, where waiting for a first byte would cost more than reading. */
  #blocksPerRequest(): number {
    const { blockBytes, maxBlocksPerRequest } = this.#options;
    const carried = Math.ceil((CARRIED_PER_WAIT * this.#waitMs * this.#rate) / blockBytes);
    return Math.max(1, Math.min(carried, maxBlocksPerRequest));
  }

  #start(blocks: Blocks, run: Run): void {
    this.#runs.add(run);
    this.#counts.mostRequestsAtOnce = Math.max(this.#counts.mostRequestsAtOnce, this.#runs.size);
    void this.#receive(blocks, run).finally(() => {
      this.#runs.delete(run);
      this.#wake();
      this.#pump();
    });
  }

  /** Never rejects. */
  async #receive(blocks: Blocks, run: Run): Promise<void> {
    const { ask, silenceMs } = this.#options;
    const { signal } = run.ends;
    let link: ReadLink | undefined;
    try {
      await this.#waitAfterFailure(blocks.indexOf(run.at), signal);
      const used = (link = await this.#links.get());
      signal.throwIfAborted();
      run.storage = used.route.storage;
      this.#counts.requests += 1;
      const began = performance.now();
      let answered = began;
      const from = run.at;
      await receiveRange({
        ...{ url: used.url, start: run.at, end: run.end, size: blocks.size, ask, signal, silenceMs },
        answered: (etag) => {
          this.#checkEtag(used.route.storage, etag);
          answered = performance.now();
        },
        arrived: (bytes) => {
          if (signal.aborted) return;
          this.#failures.delete(blocks.indexOf(run.at));
          blocks.fill(run.at, bytes);
          run.at += bytes.length;
          this.#counts.bytesReceived += bytes.length;
          this.#links.worked(used);
          this.#wake();
        },
      });
      this.#measure(answered - began, (run.end - from) / Math.max(1, performance.now() - answered));
    } catch (error) {
      if (!signal.aborted) this.#failed(blocks.indexOf(run.at), link, error);
    }
  }

  #failed(index: number, link: ReadLink | undefined, error: unknown): void {
    const failure = error instanceof Error ? error : new RangeFailure('network');
    if (failure instanceof VersionChanged) {
      this.#end(failure);
      return;
    }
    if (link && failure instanceof RangeFailure) this.#links.failed(link, failure.fault);
    const isFinal = failure instanceof NearplayApiError && !failure.report.retryable;
    const before = this.#failures.get(index)?.count ?? 0;
    this.#failures.set(index, { count: isFinal ? MAX_FAILURES : before + 1, last: failure });
  }

  /** The first failure is answered at once, by another link. */
  async #waitAfterFailure(index: number, signal: AbortSignal): Promise<void> {
    const failures = this.#failures.get(index)?.count ?? 0;
    if (failures < 2) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), growingDelay(this.#options.retryDelay, failures - 2));
    signal.addEventListener('abort', () => resolve(undefined));
    await promise;
    clearTimeout(timer);
  }

  /** @throws RangeFailure other-version */
  #checkEtag(storage: string, etag: string | null): void {
    if (etag === null) return;
    const known = this.#etags.get(storage);
    if (known === undefined) this.#etags.set(storage, etag);
    else if (known !== etag) throw new RangeFailure('other-version');
  }

  #measure(waitMs: number, rate: number): void {
    const mean = (old: number, now: number): number => (old === 0 ? now : old + (now - old) * NEWEST_WEIGHT);
    this.#waitMs = mean(this.#waitMs, waitMs);
    this.#rate = mean(this.#rate, rate);
  }

  #breakOff(run: Run): void {
    this.#runs.delete(run);
    run.ends.abort();
  }

  #end(why: Error): void {
    this.#over ??= why;
    for (const run of this.#runs) this.#breakOff(run);
    this.#blocks?.clear();
    this.#wake();
  }

  /** Lets all reads look again. */
  #wake(): void {
    const { resolve } = this.#moved;
    this.#moved = Promise.withResolvers<undefined>();
    resolve(undefined);
  }
}

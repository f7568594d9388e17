/**
 * Why a request for a range gave no bytes, or no more. `silence`: not a byte for too long. `refused`: 403, the link has ended or
 * never held. `status`: any other refusal, 404 and 503 among them. `not-a-range`: an answer that is not the range that was asked
 * for, such as 200, a page of a proxy or another range. `short`: the body ended before its length. `other-version`: bytes of
 * another content of the object.
 */
export type RangeFault = 'network' | 'silence' | 'refused' | 'status' | 'not-a-range' | 'short' | 'other-version';

/** A request for a range failed. Its message holds no URL: a signed one is a secret. */
export class RangeFailure extends Error {
  readonly fault: RangeFault;
  /** HTTP status; absent where there was no answer. */
  readonly status: number | undefined;

  constructor(fault: RangeFault, status?: number) {
    super(`A range of the object could not be read: ${fault}${status === undefined ? '' : ` (${status})`}`);
    this.name = 'RangeFailure';
    this.fault = fault;
    this.status = status;
  }
}

export interface RangeRequest {
  url: string;
  /** First byte. */
  start: number;
  /** Byte after the last one. */
  end: number;
  /** Size of the version that is read, bytes. */
  size: number;
  ask: typeof fetch;
  /** Ends the request; what it rejects with then is the reason of the signal. */
  signal: AbortSignal;
  /** Milliseconds without a byte after which the source counts as silent. */
  silenceMs: number;
  /**
   * The answer is the range, by its head. `etag` is null where CORS does not show it.
   * @throws RangeFailure other-version when it is not the ETag of the version that is read
   */
  answered: (etag: string | null) => void;
  /** Bytes in their order, each once. */
  arrived: (bytes: Uint8Array) => void;
}

/**
 * Reads one range of bytes by one request (RFC 9110, section 14). Bytes are handed on only when the head of the answer says
 * that they are the ones asked for; those of a body that breaks off are good as far as they came.
 * @throws RangeFailure; the reason of `signal` once that is aborted
 */
export async function receiveRange(request: RangeRequest): Promise<void> {
  const { url, start, end, ask, signal, silenceMs } = request;
  const ends = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hear = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => ends.abort(), silenceMs);
  };
  hear();
  try {
    signal.throwIfAborted();
    const answer = await ask(url, {
      ...rangeInit(start, end),
      signal: AbortSignal.any([signal, ends.signal]),
    });
    hear();
    checkHead(answer, request);
    request.answered(answer.headers.get('etag'));
    let left = end - start;
    const reader = answer.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      hear();
      const bytes = value as Uint8Array;
      if (bytes.length > left) throw new RangeFailure('not-a-range', answer.status);
      left -= bytes.length;
      request.arrived(bytes);
    }
    if (left > 0) throw new RangeFailure('short', answer.status);
  } catch (error) {
    signal.throwIfAborted();
    if (ends.signal.aborted) throw new RangeFailure('silence');
    throw error instanceof RangeFailure ? error : new RangeFailure('network');
  } finally {
    clearTimeout(timer);
    // Of an answer that is not read to its end, the connection is let go.
    ends.abort();
  }
}

/** What a request for a range is sent with. */
export function rangeInit(start: number, end: number): RequestInit {
  // What was read is kept by its reader; a cache of the browser would keep it twice, and lock it for side-by-side reads.
  return { headers: { Range: `bytes=${start}-${end - 1}` }, cache: 'no-store', credentials: 'omit' };
}

/** A page of something between here and the storage: links name the type of what they give, and objects have an ETag. */
export function isForeign(headers: Headers): boolean {
  return /^\s*text\/html/i.test(headers.get('content-type') ?? '') && headers.get('etag') === null;
}

/** @throws RangeFailure for whatever is not the range of the version */
function checkHead({ status, headers }: Response, { start, end, size }: RangeRequest): void {
  if (status === 403) throw new RangeFailure('refused', status);
  // The size of another version may end before the range begins.
  if (status === 416) throw new RangeFailure('other-version', status);
  if (status < 200 || status >= 300) throw new RangeFailure('status', status);
  if (status !== 206 || isForeign(headers)) throw new RangeFailure('not-a-range', status);
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== end - start) throw new RangeFailure('not-a-range', status);
  const range = headers.get('content-range');
  // CORS may hide it; then the length alone is known.
  if (range === null) return;
  const [first, last, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? []).slice(1).map(Number);
  if (total !== undefined && total !== size) throw new RangeFailure('other-version', status);
  if (first !== start || last !== end - 1) throw new RangeFailure('not-a-range', status);
}

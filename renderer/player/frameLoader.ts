import { growingDelay } from '../../shared/growingDelay.ts';
import { SECOND_MS } from '../../shared/units.ts';
import { NearplayApiError } from '../api.ts';
import type { DecoderPool } from '../images/decoderPool.ts';
import { type Picture, PictureError, type PictureFault } from '../images/picture.ts';
import type { CachedFrame } from './frameCache.ts';
import type { FrameLinks, FrameSet } from './frameLinks.ts';
import { isForeign, RangeFailure } from './reader/rangeRequest.ts';

/** What there is to show for a place of a sequence. */
export type LoadedFrame = CachedFrame &
  (
    | { is: 'picture'; picture: Picture }
    | { is: 'bitmap'; bitmap: ImageBitmap }
    /** There is no file of this number. */
    | { is: 'missing' }
    /** There is one, and it gives no picture. */
    | { is: 'broken'; fault: PictureFault }
  );

const MAX_ATTEMPTS = 5;
const RETRY_DELAY = { first: SECOND_MS / 4, most: 2 * SECOND_MS };
/** Without a byte for so long a request has failed. */
const SILENCE_MS = 5 * SECOND_MS;
/** Larger files are no pictures. */
const MAX_FILE_BYTES = 2 ** 30;
const BITMAP_BYTES_PER_PIXEL = 4;

export interface FrameLoaderOptions {
  links: Pick<FrameLinks, 'get' | 'worked' | 'failed'>;
  decoders: Pick<DecoderPool, 'decode'>;
  /** Decoded by us; otherwise by the engine. */
  isDecoded: boolean;
  ask?: typeof fetch;
}

/**
 * Reads a frame over the links that there are, over others where those fail, and decodes it. What is wrong with the bytes of a frame is
 * an answer; that no storage gives them is an error.
 * @throws RangeFailure when no link gave them; NearplayApiError when there are no links; the reason of `signal`
 */
export async function loadFrame(
  number: number,
  layer: string | undefined,
  { links, decoders, isDecoded, ask = (input, init) => fetch(input, init) }: FrameLoaderOptions,
  signal: AbortSignal,
): Promise<LoadedFrame> {
  const bytes = await readFrame(number, links, ask, signal);
  if (!bytes) return { is: 'missing', bytes: 0, close: nothing };
  try {
    if (!isDecoded) return bitmapFrame(await createImageBitmap(new Blob([bytes])));
    return pictureFrame(await decoders.decode(bytes, layer, signal));
  } catch (error) {
    signal.throwIfAborted();
    const fault: PictureFault = error instanceof PictureError ? error.fault : { is: 'unknown-format' };
    return { is: 'broken', fault, bytes: 0, close: nothing };
  }
}

/** The bytes of a frame; undefined where the sequence has no frame of this number. */
async function readFrame(
  number: number,
  links: FrameLoaderOptions['links'],
  ask: typeof fetch,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (let attempt = 1; ; attempt++) {
    let set: FrameSet;
    try {
      set = await unlessAborted(links.get(), signal);
    } catch (error) {
      signal.throwIfAborted();
      const isFinal = error instanceof NearplayApiError && !error.report.retryable;
      if (isFinal || attempt >= MAX_ATTEMPTS) throw error;
      await pause(growingDelay(RETRY_DELAY, attempt - 1), signal);
      continue;
    }
    const url = set.frames.find((frame) => frame.number === number)?.url;
    if (url === undefined) return undefined;
    try {
      const bytes = await fetchWhole(url, ask, signal);
      links.worked(set);
      return bytes;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RangeFailure)) throw error;
      links.failed(set, number, error.fault);
      if (attempt >= MAX_ATTEMPTS) throw error;
      // The first failure is answered at once, by other links.
      if (attempt > 1) await pause(growingDelay(RETRY_DELAY, attempt - 2), signal);
    }
  }
}

/** All bytes of an object by one request. @throws RangeFailure; the reason of `signal` */
async function fetchWhole(url: string, ask: typeof fetch, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hear = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    hear();
    const answer = await ask(url, { credentials: 'omit', signal: AbortSignal.any([signal, silence.signal]) });
    hear();
    if (answer.status === 403) throw new RangeFailure('refused', 403);
    if (!answer.ok || isForeign(answer.headers)) throw new RangeFailure('status', answer.status);
    const length = Number(answer.headers.get('content-length') ?? 0);
    const parts: Uint8Array[] = [];
    let total = 0;
    const reader = answer.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      hear();
      const part = value as Uint8Array;
      parts.push(part);
      total += part.length;
      if (total > MAX_FILE_BYTES) throw new RangeFailure('not-a-range', answer.status);
    }
    if (total < length) throw new RangeFailure('short', answer.status);
    return joined(parts, total);
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted) throw new RangeFailure('silence');
    throw error instanceof RangeFailure ? error : new RangeFailure('network');
  } finally {
    clearTimeout(timer);
    // Of an answer that is not read to its end, the connection is let go.
    silence.abort();
  }
}

function joined(parts: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function pictureFrame(picture: Picture): LoadedFrame {
  const bytes = [...picture.channels, ...(picture.shown ?? [])].reduce(
    (sum, { samples }) => sum + samples.byteLength,
    0,
  );
  return { is: 'picture', picture, bytes, close: nothing };
}

function bitmapFrame(bitmap: ImageBitmap): LoadedFrame {
  const bytes = bitmap.width * bitmap.height * BITMAP_BYTES_PER_PIXEL;
  return { is: 'bitmap', bitmap, bytes, close: () => bitmap.close() };
}

/** A picture is let go with its last reference. */
function nothing(): void {
  return undefined;
}

async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([value, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function pause(delay: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), delay);
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  await promise;
  clearTimeout(timer);
  signal.throwIfAborted();
}

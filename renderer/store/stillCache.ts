import type { NearplayApi } from '../../shared/ipc.ts';
import type { LibraryFile } from '../../shared/library.ts';
import { isDecodedPicture } from '../../shared/media.ts';
import { SECOND_MS } from '../../shared/units.ts';
import type { DecoderPool } from '../images/decoderPool.ts';
import { smallImage } from '../images/smallImage.ts';
import { identityOf } from './entryIdentity.ts';

/** Pictures for cards are small, so that hundreds of them stay in memory: the longer side, in device pixels. */
const STILL_LONG_SIDE_PX = 480;
const MAX_STILLS = 300;
const MAX_STILL_REQUESTS = 3;
/** A still that takes longer is not worth waiting for. */
const STILL_TIMEOUT_MS = 12 * SECOND_MS;
/** Larger images cost more to fetch than a card is worth. */
const MAX_IMAGE_BYTES = 24_000_000;
/** Position of a video's still, as a share of its length: the first frame is often black or a slate. */
const STILL_POSITION_SHARE = 0.25;

/** True where a card can show a picture of this file. */
export function hasStill(file: LibraryFile): boolean {
  const size = file.sequence ? file.size / file.sequence.count : file.size;
  return file.kind === 'video' || (file.kind === 'image' && size <= MAX_IMAGE_BYTES);
}

/**
 * Pictures for the cards that are visible: fetched from the same links that play, a few at a time, the most recently
 * asked for first, and kept as small bitmaps.
 */
export class StillCache {
  readonly #api: NearplayApi;
  readonly #decoders: Pick<DecoderPool, 'decode'>;
  readonly #kept = new Map<string, ImageBitmap | 'none'>();
  #waiting: { id: string; file: LibraryFile; signal: AbortSignal; done: (still: ImageBitmap | 'none') => void }[] = [];
  #running = 0;

  constructor(api: NearplayApi, decoders: Pick<DecoderPool, 'decode'>) {
    this.#api = api;
    this.#decoders = decoders;
  }

  /** The cached still, without asking for it. */
  peek(file: LibraryFile): ImageBitmap | 'none' | undefined {
    return this.#kept.get(idOf(file));
  }

  /** Resolves to `none` when there is no picture to be had, or when the signal ended the wait. Never rejects. */
  async get(file: LibraryFile, signal: AbortSignal): Promise<ImageBitmap | 'none'> {
    const kept = this.peek(file);
    if (kept) return kept;
    return new Promise((done) => {
      this.#waiting.push({ id: idOf(file), file, signal, done });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running >= MAX_STILL_REQUESTS) return;
    const request = this.#waiting.pop();
    if (!request) return;
    const kept = this.#kept.get(request.id);
    if (kept || request.signal.aborted) {
      request.done(kept ?? 'none');
      this.#next();
      return;
    }
    this.#running += 1;
    void this.#load(request.file, request.signal)
      .then((still) => {
        this.#keep(request.id, still);
        request.done(still);
      })
      .catch(() => {
        // A card scrolled away is not a file without a picture.
        if (!request.signal.aborted) this.#keep(request.id, 'none');
        request.done('none');
      })
      .finally(() => {
        this.#running -= 1;
        this.#next();
      });
    this.#next();
  }

  async #load(file: LibraryFile, wanted: AbortSignal): Promise<ImageBitmap> {
    const key = file.sequence ? file.sequence.firstKey : file.key;
    const { url } = await this.#api.createLink({ key, purpose: 'preview' });
    const signal = AbortSignal.any([wanted, AbortSignal.timeout(STILL_TIMEOUT_MS)]);
    if (isDecodedPicture(key)) return this.#stillOfPicture(url, signal);
    return file.kind === 'image' ? stillOfImage(url, signal) : stillOfVideo(url, signal);
  }

  async #stillOfPicture(url: string, signal: AbortSignal): Promise<ImageBitmap> {
    const answer = await fetch(url, { credentials: 'omit', signal });
    if (!answer.ok) throw new Error(`The storage answered ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const image = smallImage(await this.#decoders.decode(bytes, undefined, signal), 2 * STILL_LONG_SIDE_PX);
    const { width, height } = stillSize(image.width, image.height);
    return createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: 'medium' });
  }

  #keep(id: string, still: ImageBitmap | 'none'): void {
    this.#kept.set(id, still);
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= MAX_STILLS) break;
      this.#kept.delete(oldest);
    }
  }
}

function idOf(file: LibraryFile): string {
  return `${identityOf(file)}\n${file.etag}\n${file.lastModified}`;
}

/** The size of a picture that fits the card, never larger than it is. */
function stillSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, STILL_LONG_SIDE_PX / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function stillOfImage(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const image = new Image();
  // Before src: an answer cached without CORS would spoil the same URL for the player.
  image.crossOrigin = 'anonymous';
  image.decoding = 'async';
  try {
    const loaded = happened(image, 'load', signal);
    image.src = url;
    await loaded;
    return await bitmapOf(image, image.naturalWidth, image.naturalHeight);
  } finally {
    image.removeAttribute('src');
  }
}

async function stillOfVideo(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const video = document.createElement('video');
  video.crossOrigin = 'anonymous';
  video.muted = true;
  video.preload = 'metadata';
  try {
    const known = happened(video, 'loadedmetadata', signal);
    video.src = url;
    await known;
    const shown = happened(video, 'seeked', signal);
    video.currentTime = Number.isFinite(video.duration) ? video.duration * STILL_POSITION_SHARE : 0;
    await shown;
    return await bitmapOf(video, video.videoWidth, video.videoHeight);
  } finally {
    // Lets go of the connection and the decoder at once, not when garbage is collected.
    video.removeAttribute('src');
    video.load();
  }
}

async function bitmapOf(source: HTMLImageElement | HTMLVideoElement, width: number, height: number) {
  if (width === 0 || height === 0) throw new Error('There is no picture');
  const size = stillSize(width, height);
  return createImageBitmap(source, { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'medium' });
}

/** Resolves at the event, rejects at an error or when the signal says so. */
async function happened(target: HTMLElement, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`No ${event}`));
    if (signal.aborted) {
      fail();
      return;
    }
    target.addEventListener(event, () => resolve(), { once: true });
    target.addEventListener('error', fail, { once: true });
    signal.addEventListener('abort', fail, { once: true });
  });
}

import type { Link } from '../../shared/ipc.ts';
import { faultOf } from './playerErrors.ts';
import type { PlayerEvent } from './playerLink.ts';

/** Two elements, one on screen and one behind it that can take over. What PlayerLink's effects act on. */
export interface Stage {
  load(link: Link): void;
  prepare(link: Link): void;
  swap(): void;
  discardStandby(): void;
  /** Lets go of connections and decoders. */
  dispose(): void;
}

type Tell = (event: PlayerEvent) => void;

const PREPARE_LIMIT = 20_000;
const CHECK_EVERY = 25;
/** Seconds that the second element is put ahead, so that it is ready when the first one gets there. */
const FIRST_LEAD = 0.4;
const LONGEST_LEAD = 4;
/** Seconds of playing after which a fault counts as overcome. */
const OVERCOME = 5;
/** Without a sign of life for this long while data is needed, the source counts as dead. */
const STALL_LIMIT = 15_000;

/**
 * Video and audio. A replacement is loaded behind the picture, put a moment ahead, and shown when the picture gets
 * there: position, speed and sound stay, and there is no frame without a picture.
 */
export class PlaybackStage implements Stage {
  readonly #elements: readonly [HTMLMediaElement, HTMLMediaElement];
  readonly #tell: Tell;
  readonly #shown: (index: 0 | 1) => void;
  readonly #ended = new AbortController();
  #active: 0 | 1 = 0;
  #standbyEnds: AbortController | undefined;
  #stallTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the media should run; survives a reload, during which an element says it is paused. */
  #running = true;
  #loadedAt = 0;
  #hasLoaded = false;

  constructor(elements: readonly [HTMLMediaElement, HTMLMediaElement], tell: Tell, shown: (index: 0 | 1) => void) {
    this.#elements = elements;
    this.#tell = tell;
    this.#shown = shown;
    for (const element of elements) this.#listen(element);
    shown(this.#active);
  }

  get element(): HTMLMediaElement {
    return this.#elements[this.#active];
  }

  get #standby(): HTMLMediaElement {
    return this.#elements[this.#active === 0 ? 1 : 0];
  }

  load(link: Link): void {
    const media = this.element;
    const position = this.#hasLoaded ? media.currentTime : 0;
    const rate = media.playbackRate;
    this.#loadedAt = position;
    this.#hasLoaded = true;
    setSource(media, link.url);
    media.defaultPlaybackRate = rate;
    media.addEventListener(
      'loadedmetadata',
      () => {
        if (position > 0) media.currentTime = position;
        media.playbackRate = rate;
      },
      { once: true, signal: this.#ended.signal },
    );
    if (this.#running) void play(media);
  }

  prepare(link: Link): void {
    this.discardStandby();
    const ends = new AbortController();
    this.#standbyEnds = ends;
    const standby = this.#standby;
    const active = this.element;
    let lead = FIRST_LEAD;
    const aim = (): void => {
      const ahead = isMoving(active) ? lead * active.playbackRate : 0;
      standby.currentTime = Math.min(active.currentTime + ahead, standby.duration);
    };
    const began = Date.now();
    const timer = setInterval(() => {
      if (Date.now() - began > PREPARE_LIMIT) {
        fail();
        return;
      }
      if (standby.seeking || standby.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return undefined;
      const behind = active.currentTime - standby.currentTime;
      if (!isMoving(active)) {
        if (Math.abs(behind) > 0.001 && !active.seeking) {
          aim();
          return;
        }
      } else if (behind < 0 && behind > -LONGEST_LEAD * active.playbackRate) {
        return undefined; // not there yet
      } else if (Math.abs(behind) > 0.12) {
        lead = Math.min(LONGEST_LEAD, lead * 2); // too late, or the user went elsewhere
        aim();
        return;
      }
      this.#tell({ type: 'standby-ready' });
      return undefined;
    }, CHECK_EVERY);
    const fail = (): void => this.#tell({ type: 'standby-failed' });
    ends.signal.addEventListener('abort', () => clearInterval(timer));
    standby.addEventListener('loadedmetadata', aim, { once: true, signal: ends.signal });
    standby.addEventListener('error', fail, { once: true, signal: ends.signal });
    standby.muted = true;
    setSource(standby, link.url);
  }

  swap(): void {
    const before = this.element;
    const after = this.#standby;
    this.#standbyEnds?.abort();
    this.#standbyEnds = undefined;
    this.#running = !before.paused && !before.ended;
    after.playbackRate = before.playbackRate;
    after.volume = before.volume;
    after.muted = before.muted;
    this.#active = this.#active === 0 ? 1 : 0;
    this.#loadedAt = after.currentTime;
    if (this.#running) void play(after);
    this.#shown(this.#active);
    unload(before);
  }

  discardStandby(): void {
    if (!this.#standbyEnds) return;
    this.#standbyEnds.abort();
    this.#standbyEnds = undefined;
    unload(this.#standby);
  }

  dispose(): void {
    this.#ended.abort();
    this.#standbyEnds?.abort();
    clearTimeout(this.#stallTimer);
    for (const element of this.#elements) unload(element);
  }

  #listen(element: HTMLMediaElement): void {
    const { signal } = this.#ended;
    const whenActive = (act: () => void) => () => {
      if (element === this.element && element.hasAttribute('src')) act();
    };
    element.addEventListener(
      'error',
      whenActive(() => this.#tell({ type: 'media-failed', fault: faultOf(element.error?.code) })),
      { signal },
    );
    element.addEventListener(
      'play',
      whenActive(() => (this.#running = true)),
      { signal },
    );
    element.addEventListener(
      'pause',
      whenActive(() => {
        // Replacing the source and reaching the end pause by themselves.
        if (!element.ended && element.error === null) this.#running = false;
      }),
      { signal },
    );
    element.addEventListener(
      'timeupdate',
      whenActive(() => {
        this.#watchForStall(false);
        if (element.currentTime - this.#loadedAt > OVERCOME) this.#tell({ type: 'media-playing' });
      }),
      { signal },
    );
    element.addEventListener(
      'waiting',
      whenActive(() => this.#watchForStall(true)),
      { signal },
    );
    element.addEventListener(
      'progress',
      whenActive(() => this.#stallTimer !== undefined && this.#watchForStall(true)),
      { signal },
    );
    element.addEventListener(
      'playing',
      whenActive(() => this.#watchForStall(false)),
      { signal },
    );
  }

  #watchForStall(waits: boolean): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = waits
      ? setTimeout(() => this.#tell({ type: 'media-failed', fault: 'network' }), STALL_LIMIT)
      : undefined;
  }
}

function isMoving(media: HTMLMediaElement): boolean {
  return !media.paused && !media.ended && media.error === null && media.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
}

function setSource(media: HTMLMediaElement, url: string): void {
  // Before src: frames can be copied to a canvas only from media that was asked for with CORS from the start.
  media.crossOrigin = 'anonymous';
  media.preload = 'auto';
  media.src = url;
}

function unload(media: HTMLMediaElement): void {
  media.pause();
  media.removeAttribute('src');
  media.load();
}

async function play(media: HTMLMediaElement): Promise<void> {
  try {
    await media.play();
  } catch {
    // Refused without a user's gesture, or the source was replaced meanwhile: the controls show what is.
  }
}

/** Pictures: a replacement is decoded before it is shown. */
export class ImageStage implements Stage {
  readonly #elements: readonly [HTMLImageElement, HTMLImageElement];
  readonly #tell: Tell;
  readonly #shown: (index: 0 | 1) => void;
  #active: 0 | 1 = 0;
  #loading = 0;

  constructor(elements: readonly [HTMLImageElement, HTMLImageElement], tell: Tell, shown: (index: 0 | 1) => void) {
    this.#elements = elements;
    this.#tell = tell;
    this.#shown = shown;
    shown(this.#active);
  }

  load({ url }: Link): void {
    void this.#decode(this.#elements[this.#active], url).then((outcome) => {
      if (outcome === 'failed') this.#tell({ type: 'media-failed', fault: 'unsupported' });
      if (outcome === 'shown') this.#tell({ type: 'media-playing' });
    });
  }

  prepare({ url }: Link): void {
    void this.#decode(this.#elements[this.#active === 0 ? 1 : 0], url).then((outcome) => {
      if (outcome !== 'late') this.#tell({ type: outcome === 'shown' ? 'standby-ready' : 'standby-failed' });
    });
  }

  swap(): void {
    this.#active = this.#active === 0 ? 1 : 0;
    this.#shown(this.#active);
  }

  discardStandby(): void {
    this.#loading += 1;
  }

  dispose(): void {
    this.#loading += 1;
    for (const element of this.#elements) element.removeAttribute('src');
  }

  async #decode(image: HTMLImageElement, url: string): Promise<'shown' | 'failed' | 'late'> {
    const mine = ++this.#loading;
    image.crossOrigin = 'anonymous';
    image.src = url;
    const outcome = await image.decode().then(
      () => 'shown' as const,
      () => 'failed' as const,
    );
    return mine === this.#loading ? outcome : 'late';
  }
}

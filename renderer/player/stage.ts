import type { Link } from '../../shared/link.ts';
import { SECOND_MS } from '../../shared/units.ts';
import { faultOf } from './playerErrors.ts';
import type { PlayerEvent } from './playerLink.ts';
import type { KeptPlayback } from './playerMemory.ts';
import { type Finding, probePicture, probeSource } from './sourceProbe.ts';
import { StallWatch } from './stallWatch.ts';

/** Two elements, one on screen and one behind it that can take over. What PlayerLink's effects act on. */
export interface Stage {
  load(link: Link): void;
  prepare(link: Link): void;
  swap(): void;
  discardStandby(): void;
  /** Lets go of connections and decoders. */
  dispose(): void;
}

type Dispatch = (event: PlayerEvent) => void;

const PREPARE_TIMEOUT_MS = 20 * SECOND_MS;
const STANDBY_CHECK_INTERVAL_MS = 25;
/** Seconds that the second element is put ahead, so that it is ready when the first one gets there. */
const FIRST_LEAD_S = 0.4;
const MAX_LEAD_S = 4;
/** Seconds of playing after which a fault counts as overcome. */
const RECOVERED_AFTER_S = 5;
const STALL_CHECK_INTERVAL_MS = 250;
/** Distance from the picture on screen at which a replacement may begin: less than a frame. */
const POSITION_TOLERANCE_S = 0.001;

/**
 * Video and audio. A replacement is loaded behind the picture, put a moment ahead, and shown when the picture gets
 * there: position, speed and sound stay, and there is no frame without a picture.
 */
export class PlaybackStage implements Stage {
  readonly #elements: readonly [HTMLMediaElement, HTMLMediaElement];
  readonly #dispatch: Dispatch;
  readonly #shown: (index: 0 | 1) => void;
  readonly #ended = new AbortController();
  /** Last link of each element. */
  readonly #links = new WeakMap<HTMLMediaElement, Link>();
  #active: 0 | 1 = 0;
  #standbyEnds: AbortController | undefined;
  readonly #stall = new StallWatch();
  readonly #looking: ReturnType<typeof setInterval>;
  /** True while the media should run; survives a reload, during which an element says it is paused. */
  #running: boolean;
  /** The last position that was on screen, seconds; an element that failed may say 0. */
  #position = 0;
  /** No picture was found in the file. */
  #hasSoundOnly = false;

  constructor(
    elements: readonly [HTMLMediaElement, HTMLMediaElement],
    dispatch: Dispatch,
    shown: (index: 0 | 1) => void,
    start: Pick<KeptPlayback, 'muted' | 'volume' | 'paused' | 'speed' | 'time'>,
  ) {
    this.#elements = elements;
    this.#dispatch = dispatch;
    this.#shown = shown;
    this.#running = !start.paused;
    this.#position = start.time;
    const [first] = elements;
    first.muted = start.muted;
    first.volume = start.volume;
    first.playbackRate = start.speed > 0 ? start.speed : 1;
    for (const element of elements) this.#listen(element);
    this.#looking = setInterval(() => this.#look(), STALL_CHECK_INTERVAL_MS);
  }

  get element(): HTMLMediaElement {
    return this.#elements[this.#active];
  }

  get #standby(): HTMLMediaElement {
    return this.#elements[this.#active === 0 ? 1 : 0];
  }

  load(link: Link): void {
    const media = this.element;
    const position = this.#position;
    const rate = media.playbackRate;
    this.#stall.reset(false);
    this.#links.set(media, link);
    setSource(media, link.url);
    media.defaultPlaybackRate = rate;
    media.addEventListener(
      'loadedmetadata',
      () => {
        // The engine is on its way where the user asked to be before the film was known: that was asked for last.
        // A file that was gone to from a longer one begins at its start: at its end it would count as played.
        if (!media.seeking && position > 0 && position <= media.duration) media.currentTime = position;
        this.#position = media.currentTime;
        media.playbackRate = rate;
        const isBlind = media instanceof HTMLVideoElement && media.videoWidth === 0;
        if (isBlind && !this.#hasSoundOnly) void this.#lookForPicture(media, link);
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
    let lead = FIRST_LEAD_S;
    const place = (): number => (active.error && active.currentTime === 0 ? this.#position : active.currentTime);
    const aim = (): void => {
      const ahead = isMoving(active) ? lead * active.playbackRate : 0;
      standby.currentTime = Math.min(place() + ahead, standby.duration);
    };
    const fail = (finding: Finding): void => this.#dispatch({ type: 'standby-failed', ...finding });
    const began = performance.now();
    const check = (): void => {
      if (performance.now() - began > PREPARE_TIMEOUT_MS) {
        fail({ fault: 'network' });
        return;
      }
      if (standby.seeking || standby.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return;
      const behind = place() - standby.currentTime;
      if (!isMoving(active)) {
        if (Math.abs(behind) > POSITION_TOLERANCE_S && place() < standby.duration) {
          aim();
          return;
        }
      } else if (behind < 0 && behind > -MAX_LEAD_S * active.playbackRate) {
        return; // not there yet
      } else if (Math.abs(behind) > 0.12) {
        lead = Math.min(MAX_LEAD_S, lead * 2); // too late, or the user went elsewhere
        aim();
        return;
      }
      this.#dispatch({ type: 'standby-ready' });
    };
    const timer = setInterval(check, STANDBY_CHECK_INTERVAL_MS);
    const { signal } = ends;
    signal.addEventListener('abort', () => clearInterval(timer));
    standby.addEventListener('loadedmetadata', aim, { once: true, signal });
    const examine = () => void findingBehind(standby, link).then((finding) => !signal.aborted && fail(finding));
    standby.addEventListener('error', examine, { once: true, signal });
    this.#links.set(standby, link);
    standby.muted = true;
    setSource(standby, link.url);
  }

  swap(): void {
    const before = this.element;
    const after = this.#standby;
    this.#standbyEnds?.abort();
    this.#standbyEnds = undefined;
    // Chromium pauses an element that fails: then what counts is what it did before.
    if (!before.error) this.#running = !before.paused && !before.ended;
    after.playbackRate = before.playbackRate;
    after.volume = before.volume;
    after.muted = before.muted;
    this.#active = this.#active === 0 ? 1 : 0;
    this.#stall.reset(true);
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
    clearInterval(this.#looking);
    for (const element of this.#elements) unload(element);
  }

  #listen(element: HTMLMediaElement): void {
    const { signal } = this.#ended;
    const whenActive = (event: string, act: () => void): void => {
      const listen = (): void => {
        if (element === this.element && element.hasAttribute('src')) act();
      };
      element.addEventListener(event, listen, { signal });
    };
    whenActive('error', () => void this.#failed(element));
    whenActive('play', () => (this.#running = true));
    whenActive('pause', () => {
      // Replacing the source and reaching the end pause by themselves.
      if (!element.ended && element.error === null) this.#running = false;
    });
    whenActive('progress', () => this.#stall.heard());
    whenActive('seeked', () => this.#stall.heard());
  }

  async #failed(element: HTMLMediaElement): Promise<void> {
    const failed = element.src;
    const finding = await findingBehind(element, this.#links.get(element));
    if (!this.#ended.signal.aborted && element === this.element && element.src === failed) {
      this.#dispatch({ type: 'media-failed', ...finding });
    }
  }

  /**
   * Chromium plays the sound of a film whose picture it cannot decode: that is no playing. Nothing more is read until it is known:
   * another engine may have to read the file.
   */
  async #lookForPicture(media: HTMLMediaElement, link: Link): Promise<void> {
    unload(media);
    const finding = await probePicture(link);
    if (this.#ended.signal.aborted || media !== this.element || this.#links.get(media) !== link) return;
    if (finding) this.#dispatch({ type: 'media-failed', ...finding });
    else {
      this.#hasSoundOnly = true;
      this.load(link);
    }
  }

  #look(): void {
    const media = this.element;
    if (!media.hasAttribute('src') || media.error) return;
    if (media.readyState >= HTMLMediaElement.HAVE_METADATA) this.#position = media.currentTime;
    const silent = this.#stall.look({
      at: performance.now(),
      position: media.currentTime,
      buffered: media.buffered.length > 0 ? media.buffered.end(media.buffered.length - 1) : 0,
      readyState: media.readyState,
      wanting: media.seeking || (this.#running && !media.paused && !media.ended),
    });
    if (silent) this.#dispatch({ type: 'media-failed', fault: 'network' });
    else if (this.#stall.played > RECOVERED_AFTER_S) this.#dispatch({ type: 'media-playing' });
  }
}

/** Cause of an element's error, after its link was asked for its bytes. */
async function findingBehind(element: HTMLMediaElement, link: Link | undefined): Promise<Finding> {
  const fault = faultOf(element.error?.code);
  return fault === 'network' || !link ? { fault } : probeSource(link, fault);
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
  readonly #dispatch: Dispatch;
  readonly #shown: (index: 0 | 1) => void;
  #active: 0 | 1 = 0;
  #loading = 0;

  constructor(
    elements: readonly [HTMLImageElement, HTMLImageElement],
    dispatch: Dispatch,
    shown: (index: 0 | 1) => void,
  ) {
    this.#elements = elements;
    this.#dispatch = dispatch;
    this.#shown = shown;
  }

  load(link: Link): void {
    void this.#decode(this.#elements[this.#active], link).then((outcome) => {
      if (outcome === 'shown') this.#dispatch({ type: 'media-playing' });
      else if (outcome !== 'late') this.#dispatch({ type: 'media-failed', ...outcome });
    });
  }

  prepare(link: Link): void {
    void this.#decode(this.#elements[this.#active === 0 ? 1 : 0], link).then((outcome) => {
      if (outcome === 'shown') this.#dispatch({ type: 'standby-ready' });
      else if (outcome !== 'late') this.#dispatch({ type: 'standby-failed', ...outcome });
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

  async #decode(image: HTMLImageElement, link: Link): Promise<'shown' | 'late' | Finding> {
    const mine = ++this.#loading;
    image.crossOrigin = 'anonymous';
    image.src = link.url;
    const shown = await image.decode().then(
      () => true,
      () => false,
    );
    if (mine !== this.#loading) return 'late';
    if (shown) return 'shown';
    const finding = await probeSource(link, 'unsupported');
    return mine === this.#loading ? finding : 'late';
  }
}

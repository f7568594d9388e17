import { type PictureImage, type PictureSource, UndecodablePicture } from './pictureSource.ts';

/** Memory of decoded pictures, as the cache of sequences. */
const MAX_BYTES = 400_000_000;
const BYTES_PER_PIXEL = 4;
/** Small pictures: what is kept costs little memory, but time to decode after each jump. */
const MAX_KEPT = 120;
const MIN_KEPT = 3;
/** Share of the pictures that lie behind the position, for stepping back. */
const SHARE_BEHIND = 0.25;
/** While nothing plays, so many are decoded on either side: the next steps are there at once, and a drag is not followed by much. */
const STILL_AHEAD = 12;
const STILL_BEHIND = 8;

/** Where pictures are needed. */
export interface Demand {
  /** The one that is to be shown. */
  frame: number;
  direction: 1 | -1;
  /** 0 while nothing plays; of every so many pictures one is shown while it plays. */
  stride: number;
  /** Pictures that are played: others are not decoded ahead. */
  first: number;
  last: number;
  /** Where playing goes on after the last of them. */
  then?: { frame: number; direction: 1 | -1 } | undefined;
}

/** A picture in memory. Without an image it could not be decoded. */
export interface KeptPicture<Image extends PictureImage = ImageBitmap> {
  image: Image | undefined;
  /** Its number in the table; undefined where its time stands in no row. */
  number: number | undefined;
}

/** Number of pictures of a size that are kept, so that memory stays bounded. */
export function picturesKept(width: number, height: number, maxBytes = MAX_BYTES): number {
  const bytes = Math.max(1, width * height * BYTES_PER_PIXEL);
  return Math.min(MAX_KEPT, Math.max(MIN_KEPT, Math.floor(maxBytes / bytes)));
}

/** The pictures to have in memory, the most urgent first. */
export function picturesWanted(demand: Demand, kept: number): number[] {
  const { frame, direction, stride, then } = demand;
  const behind = stride === 0 ? Math.min(STILL_BEHIND, kept - 1) : Math.floor(kept * SHARE_BEHIND);
  const ahead = stride === 0 ? Math.min(STILL_AHEAD, kept - behind - 1) : kept - behind - 1;
  const wanted = new Set([frame]);
  const add = (from: number, most: number, step: number): void => {
    for (let at = from; wanted.size < most && at >= demand.first && at <= demand.last; at += step) wanted.add(at);
  };
  const step = Math.max(1, stride);
  add(frame + direction * step, ahead + 1, direction * step);
  if (then) add(then.frame, ahead + 1, then.direction * step);
  add(frame - direction * step, wanted.size + behind, -direction * step);
  return [...wanted];
}

export interface DecodedPicturesOptions<Image extends PictureImage> {
  source: PictureSource<Image>;
  /** Of the film, in its pixels. */
  width: number;
  height: number;
  /** A picture is there that was not; or it is known that it cannot be decoded. */
  arrived: (isDecoded: boolean) => void;
  /** Bytes could not be had; nothing more is decoded until `retry`. */
  failed: (error: unknown) => void;
  /** Bound of memory. Default 400 MB. */
  maxBytes?: number;
}

/**
 * Decoded pictures around a position, bounded in bytes. What lies in the direction of play is decoded before it is needed; what is no
 * longer wanted is not decoded any more, and its memory is let go.
 */
export class DecodedPictures<Image extends PictureImage = ImageBitmap> {
  readonly #options: DecodedPicturesOptions<Image>;
  readonly #kept = new Map<number, KeptPicture<Image>>();
  readonly #decoding = new Map<number, AbortController>();
  readonly #most: number;
  #wanted: readonly number[] = [];
  #isWanted: ReadonlySet<number> = new Set();
  #demand: Demand | undefined;
  #hasFailed = false;
  #isOver = false;

  constructor(options: DecodedPicturesOptions<Image>) {
    this.#options = options;
    this.#most = picturesKept(options.width, options.height, options.maxBytes);
  }

  /** Undefined while it is not there. */
  get(frame: number): KeptPicture<Image> | undefined {
    return this.#kept.get(frame);
  }

  /** The picture that is there and nearest before another one in a direction, not at or before `from`. */
  latest(from: number, to: number, direction: 1 | -1): number | undefined {
    for (let frame = to; (frame - from) * direction > 0; frame -= direction) if (this.#kept.has(frame)) return frame;
    return undefined;
  }

  /** Pictures that the source decodes a second, as far as is known. */
  get rate(): number | undefined {
    return this.#options.source.rate;
  }

  /** Memory in use, bytes. */
  get bytesHeld(): number {
    let bytes = 0;
    for (const { image } of this.#kept.values()) bytes += image ? image.width * image.height * BYTES_PER_PIXEL : 0;
    return bytes;
  }

  /** Everything that is wanted is there. */
  get isFull(): boolean {
    return this.#wanted.every((frame) => this.#kept.has(frame));
  }

  /** The last picture that is there without a gap from the position on, in the direction and by the stride of the demand. */
  get readyUntil(): number {
    const { frame = 0, direction = 1, stride = 1 } = this.#demand ?? {};
    const step = direction * Math.max(1, stride);
    let until = frame;
    if (!this.#kept.has(until)) return until - step;
    while (this.#kept.has(until + step)) until += step;
    return until;
  }

  /** Moves to a position. */
  want(demand: Demand): void {
    if (this.#isOver) return;
    this.#demand = demand;
    this.#wanted = picturesWanted(demand, this.#most);
    this.#isWanted = new Set(this.#wanted);
    this.#letGo();
    for (const [frame, ends] of this.#decoding) if (!this.#serves(frame)) ends.abort();
    this.#next();
  }

  /** Bytes may be had again. */
  retry(): void {
    this.#hasFailed = false;
    this.#next();
  }

  dispose(): void {
    this.#isOver = true;
    this.#wanted = [];
    for (const ends of this.#decoding.values()) ends.abort();
    for (const { image } of this.#kept.values()) image?.close();
    this.#kept.clear();
    this.#options.source.dispose();
  }

  /**
   * Pictures that are there stay as long as there is room, the farthest from the position going first: one that is stepped back to
   * is there still.
   */
  #letGo(): void {
    const position = this.#demand?.frame ?? 0;
    const spare = [...this.#kept.keys()].filter((frame) => !this.#isWanted.has(frame));
    spare.sort((a, b) => Math.abs(b - position) - Math.abs(a - position));
    // Room for what is wanted and not there yet.
    const missing = this.#wanted.filter((frame) => !this.#kept.has(frame)).length;
    while (this.#kept.size + missing > this.#most && spare.length > 0) {
      const frame = spare.shift();
      if (frame === undefined) return;
      this.#kept.get(frame)?.image?.close();
      this.#kept.delete(frame);
    }
  }

  /** What is being decoded leads to something that is wanted. */
  #serves(frame: number): boolean {
    if (this.#isWanted.has(frame)) return true;
    // In a group the way to a picture is the same for its neighbours; a jump elsewhere ends it.
    const position = this.#demand?.frame ?? 0;
    return !this.#options.source.isIntraOnly && frame >= position && frame <= position + STILL_AHEAD;
  }

  /** The picture to decode next; undefined where there is nothing to do. */
  #missing(): number | undefined {
    const { source } = this.#options;
    const missing = this.#wanted.find((frame) => !this.#kept.has(frame) && !this.#decoding.has(frame));
    const { frame: position, direction } = this.#demand ?? { frame: 0, direction: 1 };
    if (missing === undefined || source.isIntraOnly || missing >= position) return missing;
    // Before the position a whole group is decoded for one picture: when there is room for many of it.
    const isBackwards = direction < 0;
    const ahead = this.#wanted.filter((frame) => frame < position);
    const there = ahead.filter((frame) => this.#kept.has(frame)).length;
    return !isBackwards || there <= ahead.length / 2 ? missing : undefined;
  }

  #next(): void {
    const { source } = this.#options;
    while (!this.#isOver && !this.#hasFailed && this.#decoding.size < source.concurrency) {
      const frame = this.#missing();
      if (frame === undefined) return;
      void this.#decode(frame);
    }
  }

  /** Never rejects. */
  async #decode(frame: number): Promise<void> {
    const ends = new AbortController();
    this.#decoding.set(frame, ends);
    const { source, failed } = this.#options;
    const taker = {
      isWanted: (passed: number): boolean => this.#isWanted.has(passed) && !this.#kept.has(passed),
      take: (passed: number, image: Image, number: number | undefined): void => this.#take(passed, { image, number }),
    };
    try {
      await source.decode(frame, taker, ends.signal);
      // A source that says it is done and gave nothing must not be asked again for ever.
      if (!ends.signal.aborted && !this.#kept.has(frame)) this.#take(frame, { image: undefined, number: frame });
    } catch (error) {
      if (!ends.signal.aborted && !this.#isOver) {
        if (error instanceof UndecodablePicture) this.#take(frame, { image: undefined, number: frame });
        else {
          this.#hasFailed = true;
          failed(error);
        }
      }
    }
    if (this.#decoding.get(frame) === ends) this.#decoding.delete(frame);
    this.#next();
  }

  #take(frame: number, picture: KeptPicture<Image>): void {
    if (this.#isOver || !this.#isWanted.has(frame) || this.#kept.has(frame)) {
      picture.image?.close();
      return;
    }
    this.#kept.set(frame, picture);
    this.#letGo();
    this.#options.arrived(picture.image !== undefined);
  }
}

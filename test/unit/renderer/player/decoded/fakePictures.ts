import {
  type PictureImage,
  type PictureSource,
  type PictureTaker,
  UndecodablePicture,
} from '../../../../../renderer/player/decoded/pictureSource.ts';

/** A picture that tells whether it was let go. */
export class FakeImage implements PictureImage {
  readonly width = 1920;
  readonly height = 1080;
  readonly frame: number;
  isClosed = false;

  constructor(frame: number) {
    this.frame = frame;
  }

  close(): void {
    if (this.isClosed) throw new Error('Closed twice');
    this.isClosed = true;
  }
}

/** A decoder at the edge: the test says when a picture is done. */
export class FakeSource implements PictureSource<FakeImage> {
  readonly isIntraOnly: boolean;
  readonly concurrency: number;
  rate: number | undefined;
  /** Frames that were asked for, in their order. */
  readonly asked: number[] = [];
  /** Pictures that were converted, passed ones among them. */
  readonly images: FakeImage[] = [];
  /** Distance of the pictures that others need; for groups. */
  group = 1;
  broken = new Set<number>();
  failure: Error | undefined;
  isDisposed = false;
  readonly #waiting: { frame: number; finish: () => void }[] = [];
  /** The number that a picture's own time gives. */
  numberOf: (frame: number) => number | undefined = (frame) => frame;

  constructor({ isIntraOnly = true, concurrency = 2 } = {}) {
    this.isIntraOnly = isIntraOnly;
    this.concurrency = concurrency;
  }

  async decode(frame: number, taker: PictureTaker<FakeImage>, signal: AbortSignal): Promise<void> {
    this.asked.push(frame);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push({ frame, finish: () => resolve(undefined) });
    signal.addEventListener('abort', () => resolve(undefined));
    await promise;
    signal.throwIfAborted();
    if (this.failure) throw this.failure;
    if (this.broken.has(frame)) throw new UndecodablePicture('bad bytes');
    for (let passed = frame - (frame % this.group); passed <= frame; passed++) {
      if (passed < frame && !taker.isWanted(passed)) continue;
      const image = new FakeImage(passed);
      this.images.push(image);
      taker.take(passed, image, this.numberOf(passed));
    }
  }

  dispose(): void {
    this.isDisposed = true;
  }

  /** Lets everything that is asked for be done, and what is asked for then, too. */
  async settle(rounds = 1000): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await Promise.resolve();
      await Promise.resolve();
      const waiting = this.#waiting.splice(0);
      if (waiting.length === 0 && round > 20) return;
      for (const { finish } of waiting) finish();
    }
  }

  get open(): FakeImage[] {
    return this.images.filter(({ isClosed }) => !isClosed);
  }
}

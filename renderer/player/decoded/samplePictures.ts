import type { VideoSample, VideoSampleSink } from 'mediabunny';
import type { FrameTable } from '../table/frameTable.ts';
import { type PictureSource, type PictureTaker, UndecodablePicture } from './pictureSource.ts';

/** What is used of a sink. */
export type SampleSink = Pick<VideoSampleSink, 'samples'>;

/** Pictures further on than the last one by so many are decoded on the way; beyond that the decoder begins anew. */
const NEAR = 30;

interface Run {
  samples: AsyncGenerator<VideoSample, void>;
  /** The next picture that it gives, or a later one. */
  next: number;
}

/**
 * Pictures of what WebCodecs decodes. A picture needs those of its group before it: a run of decoding goes on as long as what is asked
 * for lies ahead of it, and begins anew elsewhere.
 */
export class SamplePictures implements PictureSource {
  readonly isIntraOnly = false;
  readonly concurrency = 1;
  readonly rate = undefined;
  readonly #table: FrameTable;
  readonly #sink: SampleSink;
  readonly #groupOf: (seconds: number) => Promise<number>;
  #run: Run | undefined;

  /** @param groupOf when the group of the picture at a time begins, seconds: what is decoded for it */
  constructor(table: FrameTable, sink: SampleSink, groupOf: (seconds: number) => Promise<number>) {
    this.#table = table;
    this.#sink = sink;
    this.#groupOf = groupOf;
  }

  async decode(frame: number, taker: PictureTaker<ImageBitmap>, signal: AbortSignal): Promise<void> {
    const run = await this.#runTo(frame);
    try {
      for (;;) {
        signal.throwIfAborted();
        const { value: sample, done } = await run.samples.next();
        if (done === true) {
          this.#end(run);
          throw new UndecodablePicture('the decoder gives none for its time');
        }
        using decoded = sample;
        const number = this.#table.frameOf(decoded.timestamp);
        const passed = number ?? this.#table.frameOn(decoded.timestamp);
        run.next = passed + 1;
        if (passed < frame && !taker.isWanted(passed)) continue;
        taker.take(passed, await imageOf(decoded), number);
        if (passed >= frame) return;
      }
    } catch (error) {
      this.#end(run);
      throw error;
    }
  }

  dispose(): void {
    if (this.#run) this.#end(this.#run);
  }

  async #runTo(frame: number): Promise<Run> {
    const run = this.#run;
    if (run && frame >= run.next && frame - run.next < NEAR) return run;
    if (run) this.#end(run);
    const begins = await this.#groupOf(this.#table.middleOf(frame));
    const made = { samples: this.#sink.samples(begins), next: this.#table.frameOn(begins) };
    this.#run = made;
    return made;
  }

  #end(run: Run): void {
    if (this.#run === run) this.#run = undefined;
    // Lets go of the decoder and its pictures.
    run.samples.return().catch(() => undefined);
  }
}

/** @throws UndecodablePicture where the browser makes no image of it */
async function imageOf(sample: VideoSample): Promise<ImageBitmap> {
  const frame = sample.toVideoFrame();
  try {
    return await createImageBitmap(frame);
  } catch (error) {
    throw new UndecodablePicture(error instanceof Error ? error.message : String(error));
  } finally {
    frame.close();
  }
}

import type { VideoSample } from 'mediabunny';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UndecodablePicture } from '../../../../../renderer/player/decoded/pictureSource.ts';
import { SamplePictures } from '../../../../../renderer/player/decoded/samplePictures.ts';
import { FrameTable } from '../../../../../renderer/player/table/frameTable.ts';

const COUNT = 100;
const GROUP = 24;
const TABLE = FrameTable.steady(COUNT, { numerator: 25, denominator: 1 });
const signal = new AbortController().signal;
/** Where decoding began. */
let begun: number[];
let returned: number;
let open: number;
let pictures: SamplePictures;

beforeEach(() => {
  begun = [];
  returned = 0;
  open = 0;
  vi.stubGlobal('createImageBitmap', (frame: { number: number }) => Promise.resolve({ number: frame.number }));
  const samples = async function* (from = 0): AsyncGenerator<VideoSample, void> {
    const first = TABLE.frameOn(from);
    begun.push(first);
    try {
      for (let frame = first; frame < COUNT; frame++) {
        open += 1;
        yield (await Promise.resolve({
          timestamp: TABLE.timeOf(frame),
          toVideoFrame: () => ({ number: frame, close: () => undefined }),
          [Symbol.dispose]: () => (open -= 1),
        })) as unknown as VideoSample;
      }
    } finally {
      returned += 1;
    }
  };
  const groupOf = (seconds: number) => {
    const frame = TABLE.frameOn(seconds);
    return Promise.resolve(TABLE.timeOf(frame - (frame % GROUP)));
  };
  pictures = new SamplePictures(TABLE, { samples }, groupOf);
});
afterEach(() => {
  pictures.dispose();
  vi.unstubAllGlobals();
});

async function decode(frame: number, wanted: (frame: number) => boolean = () => false): Promise<unknown[]> {
  const taken: unknown[] = [];
  await pictures.decode(frame, { isWanted: wanted, take: (_frame, _image, number) => taken.push(number) }, signal);
  return taken;
}

it('decodes from the beginning of the group, and converts what is wanted alone', async () => {
  expect(await decode(30)).toEqual([30]);
  expect(begun).toEqual([24]);
  expect(await decode(60, (frame) => frame > 57)).toEqual([58, 59, 60]);
  expect(open).toBe(0);
});

it('goes on where it is, and begins anew for what lies behind or far ahead', async () => {
  await decode(30);
  await decode(31);
  await decode(40);
  expect(begun).toEqual([24]);
  await decode(39);
  expect(begun).toEqual([24, 24]);
  await decode(95);
  expect(begun).toEqual([24, 24, 72]);
  expect(returned).toBe(2);
});

it('says that there is no picture where the decoder ends before it', async () => {
  const ended = new SamplePictures(
    TABLE,
    {
      async *samples() {
        // Nothing.
      },
    },
    () => Promise.resolve(0),
  );
  await expect(ended.decode(3, { isWanted: () => true, take: () => undefined }, signal)).rejects.toThrow(
    UndecodablePicture,
  );
});

it('lets go of the decoder when it is aborted', async () => {
  const ends = new AbortController();
  const taker = {
    isWanted: () => true,
    take: () => {
      ends.abort();
    },
  };
  await expect(pictures.decode(30, taker, ends.signal)).rejects.toThrow(/abort/i);
  await vi.waitFor(() => expect(returned).toBe(1));
});

import type * as mediabunny from 'mediabunny';
import { MIB, SECOND_MS } from '../../../shared/units.ts';
import type { RangeReader } from '../reader/rangeReader.ts';
import type { FrameTable } from '../table/frameTable.ts';
import { FilmSound } from './filmSound.ts';
import type { PictureSource } from './pictureSource.ts';
import { proresCode, ProresPictures } from './proresPictures.ts';
import { ProresWorkers } from './proresWorkers.ts';
import { SamplePictures } from './samplePictures.ts';

/** Beside what the reader keeps of the file: what the demultiplexer holds of it. */
const CACHE_BYTES = 8 * MIB;
/** Of the browser's answer whether it has a decoder. */
const ANSWER_TIMEOUT_MS = 10 * SECOND_MS;

/** How pictures are placed on screen, as the container says. */
export interface Placement {
  /** Of the picture as it is seen, in square pixels. */
  width: number;
  height: number;
  /** Degrees, clockwise. */
  rotation: 0 | 90 | 180 | 270;
  /** From left to right, after the rotation. */
  flip: boolean;
}

/** A film that can be decoded here. */
export interface Film {
  pictures: PictureSource;
  sound: FilmSound | undefined;
  placement: Placement;
  dispose(): void;
}

/** Nothing here decodes the picture of the file, or the file is none that can be taken apart. */
export class UndecodableFilm extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`The film cannot be decoded: ${why}`, options);
    this.name = 'UndecodableFilm';
  }
}

/**
 * Opens a film for decoding: ProRes in workers of ours, all else by the browser's decoders. It has sound where that can be decoded.
 * @param makeWorkers default: those of this window
 * @throws UndecodableFilm; what reading throws when no bytes can be had
 */
export async function openFilm(
  reader: RangeReader,
  table: FrameTable,
  makeWorkers: () => ProresWorkers = () => new ProresWorkers(),
): Promise<Film> {
  // Loaded when it is needed: the window starts without it.
  const bunny = await import('mediabunny');
  let refused: { error: unknown } | undefined;
  const source = new bunny.CustomSource({
    getSize: () => reader.size(),
    read: async (start, end) => {
      try {
        return await reader.read(start, end);
      } catch (error) {
        refused = { error };
        throw error;
      }
    },
    maxCacheSize: CACHE_BYTES,
    // What waits for these bytes is told; a read that nothing waits for is no failure.
    handleUnhandledError: () => undefined,
  });
  const { MP4, QTFF, MATROSKA, WEBM } = bunny;
  const input = new bunny.Input({ source, formats: [MP4, QTFF, MATROSKA, WEBM] });
  try {
    const track = await input.getPrimaryVideoTrack();
    const config = await track?.getDecoderConfig();
    if (!track || !config) throw new UndecodableFilm('its picture has no codec that is known here');
    const pictures = await picturesOf(bunny, track, table, config, makeWorkers);
    const sound = await soundOf(bunny, await input.getPrimaryAudioTrack());
    const placement: Placement = {
      width: await track.getDisplayWidth(),
      height: await track.getDisplayHeight(),
      rotation: await track.getRotation(),
      flip: await track.getFlip(),
    };
    return {
      pictures,
      sound,
      placement,
      dispose: () => {
        pictures.dispose();
        sound?.dispose();
        input.dispose();
      },
    };
  } catch (error) {
    input.dispose();
    if (refused) throw refused.error;
    throw error instanceof UndecodableFilm
      ? error
      : new UndecodableFilm('it could not be taken apart', { cause: error });
  }
}

type Bunny = typeof mediabunny;

async function picturesOf(
  { EncodedPacketSink, VideoSampleSink }: Bunny,
  track: InstanceType<Bunny['InputVideoTrack']>,
  table: FrameTable,
  { codec, colorSpace }: VideoDecoderConfig,
  makeWorkers: () => ProresWorkers,
): Promise<PictureSource> {
  const packets = new EncodedPacketSink(track);
  const prores = proresCode(codec);
  if (prores) {
    const read = (seconds: number) => packets.getPacket(seconds);
    return new ProresPictures(table, read, makeWorkers(), { codec: prores, colorSpace });
  }
  if (!(await within(track.canDecode()))) throw new UndecodableFilm(`${codec} is not decoded here`);
  return new SamplePictures(table, new VideoSampleSink(track), async (seconds) => {
    const key = await packets.getKeyPacket(seconds, { metadataOnly: true });
    return key?.timestamp ?? table.timeOf(0);
  });
}

async function soundOf(
  { AudioBufferSink }: Bunny,
  track: InstanceType<Bunny['InputAudioTrack']> | null,
): Promise<FilmSound | undefined> {
  try {
    if (!track || !(await within(track.canDecode()))) return undefined;
    return new FilmSound(new AudioBufferSink(track), new AudioContext());
  } catch {
    // Pictures are worth seeing without it.
    return undefined;
  }
}

/** False where there is no answer. */
async function within(answer: Promise<boolean>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

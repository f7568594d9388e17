import type { EncodedPacket } from 'mediabunny';
import type { FrameTable } from '../table/frameTable.ts';
import { type PictureSource, type PictureTaker, UndecodablePicture } from './pictureSource.ts';
import { PRORES_CODES, type ProresCode } from './proresTask.ts';
import type { ProresWorkers } from './proresWorkers.ts';

/** Weight of the newest picture in the mean time of decoding. */
const NEWEST_WEIGHT = 0.1;

/** Finds a picture's bytes by its time, seconds; null where there are none. */
export type PacketAt = (seconds: number) => Promise<Pick<EncodedPacket, 'data' | 'timestamp'> | null>;

/** Pictures of ProRes: each stands alone, so that workers decode several at once, in any order. */
export class ProresPictures implements PictureSource {
  readonly isIntraOnly = true;
  readonly #table: FrameTable;
  readonly #packetAt: PacketAt;
  readonly #workers: ProresWorkers;
  readonly #codec: ProresCode;
  readonly #colorSpace: VideoColorSpaceInit | undefined;
  /** Milliseconds of one worker a picture, in the mean. */
  #decodeMs: number | undefined;

  constructor(
    table: FrameTable,
    packetAt: PacketAt,
    workers: ProresWorkers,
    { codec, colorSpace }: { codec: ProresCode; colorSpace: VideoColorSpaceInit | undefined },
  ) {
    this.#table = table;
    this.#packetAt = packetAt;
    this.#workers = workers;
    this.#codec = codec;
    this.#colorSpace = colorSpace;
  }

  /** One more than there are workers: its bytes are read while the others are decoded. */
  get concurrency(): number {
    return this.#workers.size + 1;
  }

  get rate(): number | undefined {
    return this.#decodeMs === undefined ? undefined : (1000 / this.#decodeMs) * this.#workers.size;
  }

  async decode(frame: number, taker: PictureTaker<ImageBitmap>, signal: AbortSignal): Promise<void> {
    const packet = await this.#packetAt(this.#table.middleOf(frame));
    signal.throwIfAborted();
    if (!packet) throw new UndecodablePicture('the file has no picture at its time');
    // The demultiplexer's bytes may be part of its cache: the worker gets a copy of its own.
    const data = packet.data.slice().buffer;
    const { image, decodeMs } = await this.#workers.decode(this.#codec, data, this.#colorSpace, signal);
    const before = this.#decodeMs ?? decodeMs;
    this.#decodeMs = before + (decodeMs - before) * NEWEST_WEIGHT;
    taker.take(frame, image, this.#table.frameOf(packet.timestamp));
  }

  dispose(): void {
    this.#workers.dispose();
  }
}

/** The flavour that a decoder configuration names; undefined for what is no ProRes, and for ProRes RAW. */
export function proresCode(codec: string | undefined): ProresCode | undefined {
  return PRORES_CODES.find((code) => code === codec);
}

import {
  BufferSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathTarget,
  Input,
  MovOutputFormat,
  MP4,
  Mp4OutputFormat,
  Output,
  QTFF,
} from 'mediabunny';
import { readFile } from 'node:fs/promises';

/** H.264, "filler data" (ITU-T H.264, 7.4.1): bytes that a decoder skips. */
const FILLER_UNIT = 12;
const LENGTH_BYTES = 4;
const TRAILING_BITS = 0x80;

/**
 * Writes an MP4 or a QuickTime film of any length and rate: the pictures of a short clip again and again, each filled up to the rate with
 * filler data, its index first. H.264 with lengths of four bytes; ProRes, whose slices say themselves where they end.
 *
 * @param bytesPerSecond constant; at least that of the clip's largest picture.
 * @throws Error where the clip is neither
 */
export async function writeFilm(
  clip: string,
  path: string,
  { seconds, bytesPerSecond }: { seconds: number; bytesPerSecond: number },
): Promise<void> {
  const input = new Input({ source: new BufferSource(await readFile(clip)), formats: [MP4, QTFF] });
  const track = await input.getPrimaryVideoTrack();
  const decoderConfig = await track?.getDecoderConfig();
  const codec = await track?.getCodec();
  if (!track || !decoderConfig || (codec !== 'avc' && codec !== 'prores'))
    throw new Error(`${clip} has neither H.264 nor ProRes`);
  const packets: EncodedPacket[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  const length = packets.reduce((sum, { duration }) => sum + duration, 0);
  const output = new Output({
    format: new (codec === 'avc' ? Mp4OutputFormat : MovOutputFormat)({ fastStart: 'reserve' }),
    target: new FilePathTarget(path),
  });
  const source = new EncodedVideoPacketSource(codec);
  const rounds = Math.ceil(seconds / length);
  output.addVideoTrack(source, { maximumPacketCount: rounds * packets.length });
  await output.start();
  let isFirst = true;
  for (let round = 0; round < rounds; round++) {
    for (const { data, type, timestamp, duration } of packets) {
      const filled = (codec === 'avc' ? fill : pad)(data, Math.round(bytesPerSecond * duration));
      const packet = new EncodedPacket(filled, type, timestamp + round * length, duration);
      await source.add(packet, isFirst ? { decoderConfig } : undefined);
      isFirst = false;
    }
  }
  await output.finalize();
}

function pad(picture: Uint8Array, bytes: number): Uint8Array {
  const padded = new Uint8Array(Math.max(bytes, picture.length));
  padded.set(picture);
  return padded;
}

function fill(picture: Uint8Array, bytes: number): Uint8Array {
  const unitBytes = bytes - picture.length - LENGTH_BYTES;
  if (unitBytes < 2) return picture;
  const filled = new Uint8Array(bytes).fill(0xff);
  filled.set(picture);
  new DataView(filled.buffer).setUint32(picture.length, unitBytes);
  filled[picture.length + LENGTH_BYTES] = FILLER_UNIT;
  filled[bytes - 1] = TRAILING_BITS;
  return filled;
}

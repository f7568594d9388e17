import type { BoxBytes } from '../../../shared/isoBoxes.ts';
import { FrameTable, risingTicks } from './frameTable.ts';

/**
 * The pictures of a file whose times are spread over all of it (Matroska, WebM, fragments of MP4), by going through its packets.
 * Reads the whole file: for small ones.
 * @throws what reading throws; Error of mediabunny for what is no such file
 */
export async function readPacketTable(bytes: BoxBytes, size: number): Promise<FrameTable | undefined> {
  // Loaded when it is needed: the window starts without it.
  const { CustomSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, WEBM } = await import('mediabunny');
  const source = new CustomSource({ getSize: () => size, read: (start, end) => bytes.at(start, end - start) });
  using input = new Input({ source, formats: [MP4, QTFF, MATROSKA, WEBM] });
  const track = await input.getPrimaryVideoTrack();
  if (!track) return undefined;
  const timescale = await track.getTimeResolution();
  const times: number[] = [];
  let end = 0;
  for await (const { timestamp, duration } of new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    // Pictures before the start are decoded for others, and not shown.
    if (timestamp < 0) continue;
    times.push(Math.round(timestamp * timescale));
    end = Math.max(end, Math.round((timestamp + duration) * timescale));
  }
  const ticks = risingTicks(times);
  return ticks.length === 0 ? undefined : new FrameTable({ ticks, timescale, end });
}

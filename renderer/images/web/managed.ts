import { colourChannels } from '../colourChannels.ts';
import type { Channel } from '../picture.ts';
import { channelsOf } from './engine.ts';
import type { EngineDecoder, EngineOptions } from './engineImage.ts';

/** Where a profile moves no sample by more steps of 8 bits, it says what is assumed without it. */
const SAME_STEPS = 1;

/**
 * What is shown of stored channels by the file's profile, in sRGB; undefined where that is what is stored, or where the engine does not
 * decode the file.
 */
export async function managedColours(
  bytes: Uint8Array<ArrayBuffer>,
  type: EngineOptions['type'],
  channels: readonly Channel[],
  size: { width: number; height: number },
  engine: EngineDecoder | undefined,
): Promise<Channel[] | undefined> {
  if (!engine) return undefined;
  const hasAlpha = channels.some(({ name }) => name === 'A');
  const image = await engine(bytes, { type, isManaged: true, hasAlpha }).catch(() => undefined);
  if (image?.width !== size.width || image.height !== size.height) return undefined;
  const managed = channelsOf(image, hasAlpha ? ['R', 'G', 'B', 'A'] : ['R', 'G', 'B']);
  return isSame(channels, managed) ? undefined : managed;
}

function isSame(stored: readonly Channel[], managed: readonly Channel[]): boolean {
  const [own, other] = [colourChannels(stored), colourChannels(managed)];
  if (!own || !other) return true;
  return (['red', 'green', 'blue'] as const).every((colour) => {
    const [one, two] = [own[colour], other[colour]];
    if (!one || !two) return false;
    const scale = 255 / one.white;
    // Of what is transparent, no colour counts.
    return one.samples.every(
      (value, at) => own.alpha?.samples[at] === 0 || Math.abs(value * scale - (two.samples[at] ?? 0)) <= SAME_STEPS,
    );
  });
}

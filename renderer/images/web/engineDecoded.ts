import { checkSize, type DecodeOptions, type Picture, unsupported } from '../picture.ts';
import { channelsOf } from './engine.ts';
import type { EngineImage } from './engineImage.ts';
import type { WebHead } from './heads.ts';
import { managedColours } from './managed.ts';

/**
 * A JPEG or WebP picture by the engine's decoder, without its profile; what the profile makes of it is beside it.
 * @throws PictureError
 */
export async function decodeWithEngine(
  bytes: Uint8Array<ArrayBuffer>,
  type: 'image/jpeg' | 'image/webp',
  head: WebHead,
  { engine }: DecodeOptions,
): Promise<Picture> {
  const format = type === 'image/jpeg' ? 'JPEG, 8 bit' : 'WebP, 8 bit';
  const { colours, hasAlpha } = head;
  const names = [...(colours === 'grey' ? ['Y'] : ['R', 'G', 'B']), ...(hasAlpha ? ['A'] : [])];
  checkSize(
    head.width,
    head.height,
    // As the engine has them, too.
    Array.from({ length: names.length + 4 }, () => 'uint8'),
  );
  if (!engine) throw unsupported(format);
  const image = await engine(bytes, { type, isManaged: false, hasAlpha });
  const picture = pictureOf(image, format, names);
  const shown = head.hasProfile ? await managedColours(bytes, type, picture.channels, image, engine) : undefined;
  const { isAnimated } = head;
  return { ...picture, isAnimated, values: valuesOf(head, image.isExact), ...(shown && { shown }) };
}

function pictureOf(image: EngineImage, format: string, names: string[]): Picture {
  const { width, height } = image;
  const window = { x: 0, y: 0, width, height };
  return {
    format,
    data: window,
    display: window,
    pixelAspect: 1,
    channels: channelsOf(image, names),
    layers: [{ id: '', name: '', channels: names }],
    layer: '',
    transfer: 'srgb',
    isPremultiplied: false,
    isSeeThrough: names.includes('A'),
  };
}

/** A picture of any other format that the engine knows, as it shows it; undefined without an engine. @throws PictureError */
export async function decodeByEngineAlone(
  bytes: Uint8Array<ArrayBuffer>,
  engine: DecodeOptions['engine'],
): Promise<Picture | undefined> {
  const image = await engine?.(bytes, { type: undefined, isManaged: true, hasAlpha: true });
  return image && { ...pictureOf(image, 'image', ['R', 'G', 'B', 'A']), values: 'unknown' };
}

function valuesOf({ colours, isLossy }: WebHead, isExact: boolean): NonNullable<Picture['values']> {
  if (colours === 'converted' || !isExact) return 'unknown';
  return isLossy ? 'decoded' : 'stored';
}

/** What the app can do with a file, by its name; only an attempt shows whether its codec plays. */
export type MediaKind = 'video' | 'audio' | 'image' | 'other';

// A Map, not an object: `shot.constructor` is a file name too.
const KINDS: ReadonlyMap<string, MediaKind> = new Map([
  ...kind('video', 'mp4 m4v mov webm mkv ogv avi mxf mpg mpeg'),
  ...kind('audio', 'wav mp3 m4a aac flac ogg oga opus aif aiff'),
  ...kind('image', 'png jpg jpeg gif webp avif svg bmp exr dpx tif tiff'),
]);

function kind(name: MediaKind, extensions: string): [string, MediaKind][] {
  return extensions.split(' ').map((extension) => [extension, name]);
}

/** Images that engines do not decode; the window does it itself. */
const DECODED_PICTURES: ReadonlySet<string> = new Set(['exr', 'dpx', 'tif', 'tiff']);

/** Images that engines decode too, but not into what is stored: to be looked at closely the window decodes them itself. */
const LOOKED_AT_PICTURES: ReadonlySet<string> = new Set([...DECODED_PICTURES, 'png', 'jpg', 'jpeg', 'webp']);

/** The kind of media that a file name promises. */
export function mediaKind(name: string): MediaKind {
  return KINDS.get(extensionOf(name)) ?? 'other';
}

/** True for what has pictures: those of two files can be compared. */
export function hasPictures(kind: MediaKind): boolean {
  return kind === 'video' || kind === 'image';
}

/** True for the name of an image that the window decodes itself. */
export function isDecodedPicture(name: string): boolean {
  return DECODED_PICTURES.has(extensionOf(name));
}

/** True for the name of an image that can be looked at by its stored values. */
export function isLookedAtPicture(name: string): boolean {
  return LOOKED_AT_PICTURES.has(extensionOf(name));
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** What the app can do with a file, by its name; only an attempt shows whether its codec plays. */
export type MediaKind = 'video' | 'audio' | 'image' | 'other';

// A Map, not an object: `shot.constructor` is a file name too.
const KINDS: ReadonlyMap<string, MediaKind> = new Map([
  ...kind('video', 'mp4 m4v mov webm mkv ogv avi mxf mpg mpeg'),
  ...kind('audio', 'wav mp3 m4a aac flac ogg oga opus aif aiff'),
  ...kind('image', 'png jpg jpeg gif webp avif svg bmp'),
]);

function kind(name: MediaKind, extensions: string): [string, MediaKind][] {
  return extensions.split(' ').map((extension) => [extension, name]);
}

/** The kind of media that a file name promises. */
export function mediaKind(name: string): MediaKind {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
  return KINDS.get(extension) ?? 'other';
}

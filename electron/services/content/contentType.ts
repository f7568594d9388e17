import { fileTypeFromBuffer } from 'file-type';
import mime from 'mime';

const UNKNOWN = 'application/octet-stream';
/** Bytes at the beginning of a file that tell its type. */
export const BEGINNING_BYTES = 4100;

/**
 * Types of names that the common tables lack or take for something else (`.ma` for Mathematica, `.pfm` for a font). Where IANA
 * has a type (`image/dpx`, `model/vnd.usda`), the common table has it too; EXR is what freedesktop's shared-mime-info calls
 * it, since `image/aces` is one kind of EXR only.
 */
const OF_STUDIOS: Readonly<Record<string, string>> = {
  exr: 'image/x-exr',
  sxr: 'image/x-exr',
  mxr: 'image/x-exr',
  cin: 'image/x-cineon',
  hdr: 'image/vnd.radiance',
  tx: 'image/tiff',
  pfm: 'image/x-portable-floatmap',
  abc: 'application/x-alembic',
  usd: 'model/vnd.usd',
  usdc: 'model/vnd.usd',
  vdb: 'application/x-openvdb',
  ma: 'application/x-maya-ascii',
  mb: 'application/x-maya-binary',
  nk: 'application/x-nuke',
  hip: 'application/x-houdini',
  hiplc: 'application/x-houdini',
  hipnc: 'application/x-houdini',
  bgeo: 'application/x-houdini-geometry',
  otio: 'application/x-otio+json',
  mtlx: 'application/x-materialx+xml',
  edl: 'text/plain',
  ale: 'text/plain',
  cube: 'text/plain',
  r3d: 'video/x-red-r3d',
  braw: 'video/x-braw',
  ari: 'image/x-arriraw',
  arx: 'image/x-arriraw',
};

/** Containers of one family: programs write one and name it the other, and players look at the content anyway. */
const ISO_MEDIA = 'ISO base media';
const MATROSKA = 'Matroska';
/** What a browser plays or shows, and content gives away beyond doubt; by the family that a name may choose from. */
const UNMISTAKABLE: Readonly<Record<string, string>> = {
  'video/mp4': ISO_MEDIA,
  'video/quicktime': ISO_MEDIA,
  'video/x-m4v': ISO_MEDIA,
  'audio/mp4': ISO_MEDIA,
  'audio/x-m4a': ISO_MEDIA,
  'video/3gpp': ISO_MEDIA,
  'video/3gpp2': ISO_MEDIA,
  'video/webm': MATROSKA,
  'audio/webm': MATROSKA,
  'video/x-matroska': MATROSKA,
  'video/matroska': MATROSKA,
  'audio/x-matroska': MATROSKA,
  'application/mxf': 'MXF',
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/gif': 'GIF',
  'image/webp': 'WebP',
};

/**
 * The content type of a file. Its name says it, with two exceptions: where the name says nothing, the content does; and where
 * a name of media is contradicted by the content of another kind of media (a JPEG that is called `.png`, Matroska called
 * `.mov`), the content does, since players go by it. An MP4 that is called `.mov` stays `video/quicktime`: it is the same family,
 * and what other programs say of it.
 *
 * @param name with its extension.
 * @param beginning of the content, 4,100 bytes where there are as many; absent: the name has to do.
 */
export async function contentTypeOf(name: string, beginning?: Uint8Array): Promise<string> {
  const named = typeOfName(name);
  if (!beginning || beginning.length === 0) return named ?? UNKNOWN;
  if (named === undefined) return (await fileTypeFromBuffer(beginning))?.mime ?? UNKNOWN;
  const family = UNMISTAKABLE[named];
  if (family === undefined) return named;
  const { mime: found = named } = (await fileTypeFromBuffer(beginning)) ?? {};
  const foundFamily = UNMISTAKABLE[found];
  return foundFamily === undefined || foundFamily === family ? named : found;
}

function typeOfName(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  if (dot === -1) return undefined;
  const extension = name.slice(dot + 1).toLowerCase();
  return Object.hasOwn(OF_STUDIOS, extension) ? OF_STUDIOS[extension] : (mime.getType(extension) ?? undefined);
}

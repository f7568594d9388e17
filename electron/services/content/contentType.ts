import type * as fileType from 'file-type';
import type mime from 'mime';

const UNKNOWN = 'application/octet-stream';
/** Loaded when the first file needs them: they take as long to load as the rest of a small upload. */
let typesByName: Promise<{ default: typeof mime }> | undefined;
let typesByContent: Promise<typeof fileType> | undefined;
/** Bytes at the beginning of a file that determine its type. */
export const BEGINNING_BYTES = 4100;

/**
 * Types of extensions that the common tables lack or assign to other formats (`.ma` to Mathematica, `.pfm` to a font).
 * Types registered with IANA (`image/dpx`, `model/vnd.usda`) are in the common table too; EXR has the type of
 * freedesktop's shared-mime-info, since `image/aces` is only one kind of EXR.
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

/** Containers of one family: programs name one format as another of its family, and players detect the format. */
const ISO_MEDIA = 'ISO base media';
const MATROSKA = 'Matroska';
/**
 * Types that browsers play or show and that content identifies beyond doubt, by the family within which the name
 * decides.
 */
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
 * The content type of a file. The name decides, with two exceptions: without a known extension, the content decides;
 * and when content of another kind of media contradicts the name (a JPEG named `.png`, Matroska named `.mov`), the
 * content decides, since players go by it. An MP4 named `.mov` stays `video/quicktime`: it is the same family, and
 * other programs call it that.
 *
 * @param name with its extension.
 * @param beginning of the content, 4,100 bytes if available; absent: the name decides.
 */
export async function contentTypeOf(name: string, beginning?: Uint8Array): Promise<string> {
  const named = await typeOfName(name);
  if (!beginning || beginning.length === 0) return named ?? UNKNOWN;
  if (named === undefined) return (await typeOfContent(beginning)) ?? UNKNOWN;
  const family = UNMISTAKABLE[named];
  if (family === undefined) return named;
  const found = (await typeOfContent(beginning)) ?? named;
  const foundFamily = UNMISTAKABLE[found];
  return foundFamily === undefined || foundFamily === family ? named : found;
}

async function typeOfName(name: string): Promise<string | undefined> {
  const dot = name.lastIndexOf('.');
  if (dot === -1) return undefined;
  const extension = name.slice(dot + 1).toLowerCase();
  if (Object.hasOwn(OF_STUDIOS, extension)) return OF_STUDIOS[extension];
  typesByName ??= import('mime');
  return (await typesByName).default.getType(extension) ?? undefined;
}

async function typeOfContent(beginning: Uint8Array): Promise<string | undefined> {
  typesByContent ??= import('file-type');
  return (await (await typesByContent).fileTypeFromBuffer(beginning))?.mime;
}

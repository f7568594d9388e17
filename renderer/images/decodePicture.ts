import { decodeDpx, isDpx } from './dpx.ts';
import { decodeExr } from './exr/exr.ts';
import { isExr } from './exr/exrHeader.ts';
import { type DecodeOptions, type Picture, PictureError } from './picture.ts';
import { isTiff } from './tiff/directory.ts';
import { decodeTiff } from './tiff/tiff.ts';
import { decodeByEngineAlone, decodeWithEngine } from './web/engineDecoded.ts';
import { isJpeg, isWebp, readJpegHead, readWebpHead } from './web/heads.ts';
import { decodePng, isPng } from './web/png.ts';

/** Decodes EXR, DPX, TIFF, PNG, JPEG or WebP, whichever the first bytes say. @throws PictureError and nothing else, whatever the bytes are */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>, options: DecodeOptions = {}): Promise<Picture> {
  try {
    if (isExr(bytes)) return await decodeExr(bytes, options);
    if (isDpx(bytes)) return await decodeDpx(bytes, options);
    if (isTiff(bytes)) return await decodeTiff(bytes, options);
    if (isPng(bytes)) return await decodePng(bytes, options);
    if (isJpeg(bytes)) return await decodeWithEngine(bytes, 'image/jpeg', readJpegHead(bytes), options);
    if (isWebp(bytes)) return await decodeWithEngine(bytes, 'image/webp', readWebpHead(bytes), options);
  } catch (error) {
    if (error instanceof PictureError) throw error;
    // Memory that could not be had, or a fault of ours that damaged bytes brought out. What ends the work comes from `breathe`.
    if (error instanceof RangeError || error instanceof TypeError) throw new PictureError({ is: 'stopped' });
    throw error;
  }
  // Under the name of another format: what the engine knows is shown.
  const picture = await decodeByEngineAlone(bytes, options.engine).catch(() => undefined);
  if (picture) return picture;
  throw new PictureError({ is: 'unknown-format' });
}

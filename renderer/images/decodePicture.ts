import { decodeDpx, isDpx } from './dpx.ts';
import { decodeExr } from './exr/exr.ts';
import { isExr } from './exr/exrHeader.ts';
import { type DecodeOptions, type Picture, PictureError } from './picture.ts';
import { isTiff } from './tiff/directory.ts';
import { decodeTiff } from './tiff/tiff.ts';

/** Decodes EXR, DPX or TIFF, whichever the first bytes say. @throws PictureError and nothing else, whatever the bytes are */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>, options: DecodeOptions = {}): Promise<Picture> {
  try {
    if (isExr(bytes)) return await decodeExr(bytes, options);
    if (isDpx(bytes)) return await decodeDpx(bytes, options);
    if (isTiff(bytes)) return await decodeTiff(bytes, options);
  } catch (error) {
    if (error instanceof PictureError) throw error;
    // Memory that could not be had, or a fault of ours that damaged bytes brought out. What ends the work comes from `breathe`.
    if (error instanceof RangeError || error instanceof TypeError) throw new PictureError({ is: 'stopped' });
    throw error;
  }
  throw new PictureError({ is: 'unknown-format' });
}

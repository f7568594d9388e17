import { type Channel, PictureError } from '../picture.ts';
import type { EngineDecoder, EngineImage } from './engineImage.ts';

/** Canvases have a limit. */
const TILE_PX = 4096;

export const decodeByEngine: EngineDecoder = async (bytes, { type, isManaged, hasAlpha }) => {
  const bitmap = await bitmapOf(new Blob([bytes], { type: type ?? '' }), isManaged);
  try {
    const { width, height } = bitmap;
    const exact = hasAlpha ? readByTexture(bitmap) : undefined;
    if (exact) return { width, height, rgba: exact, isExact: true };
    return { width, height, rgba: readByCanvas(bitmap), isExact: !hasAlpha };
  } finally {
    bitmap.close();
  }
};

async function bitmapOf(blob: Blob, isManaged: boolean): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob, {
      colorSpaceConversion: isManaged ? 'default' : 'none',
      premultiplyAlpha: 'none',
    });
  } catch {
    throw new PictureError({ is: 'damaged', where: 'image' });
  }
}

/** A canvas of two dimensions keeps colours multiplied by alpha: exact for opaque ones. */
function readByCanvas(bitmap: ImageBitmap): Uint8Array {
  const { width, height } = bitmap;
  const rgba = new Uint8Array(width * height * 4);
  const canvas = new OffscreenCanvas(Math.min(TILE_PX, width), Math.min(TILE_PX, height));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new PictureError({ is: 'stopped' });
  context.globalCompositeOperation = 'copy';
  for (let y = 0; y < height; y += TILE_PX) {
    for (let x = 0; x < width; x += TILE_PX) {
      const [across, down] = [Math.min(TILE_PX, width - x), Math.min(TILE_PX, height - y)];
      context.drawImage(bitmap, -x, -y);
      const { data } = context.getImageData(0, 0, across, down);
      for (let row = 0; row < down; row++) {
        rgba.set(data.subarray(row * across * 4, (row + 1) * across * 4), ((y + row) * width + x) * 4);
      }
    }
  }
  return rgba;
}

let kept: WebGL2RenderingContext | null | undefined;

/** A texture takes colours as they are; undefined where there is no WebGL 2, and for pictures that are too large for it. */
function readByTexture(bitmap: ImageBitmap): Uint8Array | undefined {
  kept ??= new OffscreenCanvas(1, 1).getContext('webgl2');
  const gl = kept;
  const { width, height } = bitmap;
  if (!gl || gl.isContextLost()) return undefined;
  const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  if (width > most || height > most) return undefined;
  const texture = gl.createTexture();
  const frame = gl.createFramebuffer();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const isReadable = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
  const rgba = new Uint8Array(width * height * 4);
  if (isReadable) gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  const isWell = isReadable && gl.getError() === gl.NO_ERROR;
  gl.deleteFramebuffer(frame);
  gl.deleteTexture(texture);
  return isWell ? rgba : undefined;
}

/** The samples of an image, channel by channel: grey once, alpha where there is one. */
export function channelsOf({ rgba, width, height }: EngineImage, names: readonly string[]): Channel[] {
  return names.map((name) => {
    const samples = new Uint8Array(width * height);
    const offset = Math.max(0, 'RGBA'.indexOf(name));
    for (let at = 0, from = offset; at < samples.length; at++, from += 4) samples[at] = rgba[from] ?? 0;
    return { name, type: 'uint8', samples, white: 255 };
  });
}

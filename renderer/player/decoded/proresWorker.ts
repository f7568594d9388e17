import { Decoder, Frame, PIXEL_FORMATS } from 'turbores';
import type { ProresAnswer, ProresTask } from './proresTask.ts';

/**
 * Decodes pictures of ProRes, one after the other, in WebAssembly. A worker of ours without workers of its own: the ones that the
 * library would make have blob: addresses, which the window's Content-Security-Policy refuses; so there are several of these instead.
 */

/** By the four-character code: what is decoded has another depth in each. */
const decoders = new Map<string, Promise<Decoder>>();
/** Its memory is used again for each picture. */
const frame = new Frame();
let working: Promise<unknown> = Promise.resolve();

globalThis.addEventListener('message', ({ data }: MessageEvent<ProresTask>) => {
  // In their order: there is one frame to decode into.
  working = working.then(() => answer(data));
});

/** Never rejects. */
async function answer(task: ProresTask): Promise<void> {
  const began = performance.now();
  try {
    const image = await decode(task);
    const answered: ProresAnswer = { id: task.id, image, decodeMs: performance.now() - began };
    globalThis.postMessage(answered, { transfer: [image] });
  } catch (error) {
    const answered: ProresAnswer = { id: task.id, problem: error instanceof Error ? error.message : String(error) };
    globalThis.postMessage(answered);
  }
}

/** @throws Error of the decoder: the bytes are no such picture; Error of the browser: there is no room for it */
async function decode({ codec, data, colorSpace }: ProresTask): Promise<ImageBitmap> {
  const decoder = await decoderOf(codec);
  const decoded = await decoder.decode(new Uint8Array(data), frame);
  if (decoded instanceof Error) throw decoded;
  const { visibleWidth, visibleHeight } = decoded;
  const picture = new VideoFrame(decoded.frameData, {
    format: decoded.pixelFormat as VideoPixelFormat,
    codedWidth: decoded.codedWidth,
    codedHeight: decoded.codedHeight,
    visibleRect: { x: 0, y: 0, width: visibleWidth, height: visibleHeight },
    displayWidth: visibleWidth,
    displayHeight: visibleHeight,
    timestamp: 0,
    colorSpace: colorSpaceOf(frame, colorSpace),
  });
  try {
    return await createImageBitmap(picture);
  } finally {
    picture.close();
  }
}

/** The picture's own words before those of the container (SMPTE RDD 36, frame header). */
function colorSpaceOf(decoded: Frame, container: VideoColorSpaceInit | undefined): VideoColorSpaceInit {
  const { colorPrimariesString, colorMatrixString, colorTransferString } = decoded;
  return {
    primaries: (colorPrimariesString as VideoColorPrimaries | undefined) ?? container?.primaries ?? null,
    matrix: (colorMatrixString as VideoMatrixCoefficients | undefined) ?? container?.matrix ?? null,
    transfer: (colorTransferString as VideoTransferCharacteristics | undefined) ?? container?.transfer ?? null,
    fullRange: false,
  };
}

function decoderOf(codec: ProresTask['codec']): Promise<Decoder> {
  const known = decoders.get(codec);
  if (known) return known;
  const made = Decoder.create({
    proresFourCc: codec,
    useSharedMemory: false,
    concurrency: 0,
    allowedOutputFormats: drawnFormats(),
  }).then((decoder) => {
    if (decoder instanceof Error) throw decoder;
    return decoder;
  });
  decoders.set(codec, made);
  return made;
}

/** Formats of pixels that this browser takes: the decoder converts to one of them. */
function drawnFormats(): (typeof PIXEL_FORMATS)[number][] {
  return PIXEL_FORMATS.filter((format) => {
    try {
      const init = { format: format as VideoPixelFormat, codedWidth: 2, codedHeight: 2, timestamp: 0 };
      new VideoFrame(new Uint8Array(64), init).close();
      return true;
    } catch {
      return false;
    }
  });
}

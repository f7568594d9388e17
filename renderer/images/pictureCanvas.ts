import { colourAt, shownChannels } from './colourChannels.ts';
import type { Lut } from './cube.ts';
import { interpretationOf, type Looking, shownColour } from './looking.ts';
import type { Channel, Picture } from './picture.ts';
import {
  CHANNELS,
  DISPLAYS,
  fragmentShader,
  INTERPRETATIONS,
  LUT_ROW,
  type ShaderKind,
  VERTEX_SHADER,
} from './pictureShader.ts';

/** What a canvas shows: a picture as it is stored, or one that the engine decoded. */
export type Frame = { picture: Picture } | { bitmap: ImageBitmap };

/** Larger pictures are drawn from every second, third … pixel: canvases and textures have a limit. */
const MAX_CANVAS_SIDE_PX = 8192;

/** What is behind a picture is seen through it; a channel by itself is opaque. */
function covering({ isSeeThrough = false }: Picture, { channel }: Looking): boolean {
  return isSeeThrough && channel === 'colour';
}

/** The size of what is shown of a frame, pixels. */
function frameSize(frame: Frame): { width: number; height: number } {
  return 'bitmap' in frame ? frame.bitmap : frame.picture.display;
}

/**
 * Draws frames on a canvas, one pixel of the canvas for each of the picture, through a shader; where there is no WebGL 2, by the same
 * arithmetic in JavaScript.
 */
export class PictureCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #ends = new AbortController();
  #gl: GlPainter | undefined;
  #plain: CanvasRenderingContext2D | undefined;
  #last: { frame: Frame; looking: Looking } | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    const { signal } = this.#ends;
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault(), { signal });
    canvas.addEventListener(
      'webglcontextrestored',
      () => {
        this.#gl = undefined;
        if (this.#last) this.draw(this.#last.frame, this.#last.looking);
      },
      { signal },
    );
  }

  draw(frame: Frame, looking: Looking): void {
    this.#last = { frame, looking };
    const { width, height } = frameSize(frame);
    // A bitmap that was let go has no size.
    if (width === 0 || height === 0) return;
    const factor = Math.ceil(Math.max(width, height) / MAX_CANVAS_SIDE_PX);
    const [across, down] = [Math.ceil(width / factor), Math.ceil(height / factor)];
    if (this.#canvas.width !== across) this.#canvas.width = across;
    if (this.#canvas.height !== down) this.#canvas.height = down;
    const gl = this.#painter();
    if (gl) gl.paint(frame, looking, factor);
    else this.#paintPlain(frame, looking, factor);
  }

  dispose(): void {
    this.#ends.abort();
    this.#last = undefined;
    this.#gl?.dispose();
  }

  #painter(): GlPainter | undefined {
    if (this.#gl ?? this.#plain) return this.#gl;
    const context = this.#canvas.getContext('webgl2', { antialias: false, preserveDrawingBuffer: true });
    if (context) this.#gl = new GlPainter(context);
    else this.#plain = this.#canvas.getContext('2d') ?? undefined;
    return this.#gl;
  }

  #paintPlain(frame: Frame, looking: Looking, factor: number): void {
    const { width, height } = this.#canvas;
    const context = this.#plain;
    if (!context) return;
    if ('bitmap' in frame) {
      context.drawImage(frame.bitmap, 0, 0, width, height);
      return;
    }
    const channels = shownChannels(frame.picture);
    if (!channels) return;
    const image = context.createImageData(width, height);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 4) {
        const stored = colourAt(frame.picture, channels, x * factor, y * factor);
        const [red, green, blue] = shownColour(stored, frame.picture.transfer, looking);
        image.data[at] = red * 255;
        image.data[at + 1] = green * 255;
        image.data[at + 2] = blue * 255;
        image.data[at + 3] = covering(frame.picture, looking) ? stored[3] * 255 : 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
}

/** How samples of a type become a texture. */
interface TextureFormat {
  internal: 'R16F' | 'R32F' | 'R8UI' | 'R16UI' | 'R32UI';
  format: 'RED' | 'RED_INTEGER';
  type: 'HALF_FLOAT' | 'FLOAT' | 'UNSIGNED_BYTE' | 'UNSIGNED_SHORT' | 'UNSIGNED_INT';
}

const FORMATS: Readonly<Record<Channel['type'], TextureFormat>> = {
  half: { internal: 'R16F', format: 'RED', type: 'HALF_FLOAT' },
  float: { internal: 'R32F', format: 'RED', type: 'FLOAT' },
  uint8: { internal: 'R8UI', format: 'RED_INTEGER', type: 'UNSIGNED_BYTE' },
  uint16: { internal: 'R16UI', format: 'RED_INTEGER', type: 'UNSIGNED_SHORT' },
  uint32: { internal: 'R32UI', format: 'RED_INTEGER', type: 'UNSIGNED_INT' },
};

interface Program {
  program: WebGLProgram;
  uniform: (name: string) => WebGLUniformLocation | null;
}

const PLANES = 4;
const LUT1_UNIT = 4;
const LUT3_UNIT = 5;

class GlPainter {
  readonly #gl: WebGL2RenderingContext;
  readonly #programs = new Map<ShaderKind, Program>();
  readonly #planes: WebGLTexture[] = [];
  #luts: { lut: Lut | undefined; textures: WebGLTexture[] } = { lut: undefined, textures: [] };
  /** In the textures now. */
  #uploaded: Frame | undefined;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    // A row of samples of one or two bytes may have any length.
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  }

  paint(frame: Frame, looking: Looking, factor: number): void {
    const gl = this.#gl;
    if (gl.isContextLost()) return;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    const kind = 'bitmap' in frame ? 'bitmap' : kindOf(frame.picture);
    const program = kind && this.#program(kind);
    if (!program) {
      gl.clearColor(0, 0, 0, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      return;
    }
    gl.useProgram(program.program);
    if ('bitmap' in frame) this.#useBitmap(frame.bitmap, program);
    else this.#usePicture(frame, program, factor);
    this.#useLooking(looking, 'bitmap' in frame ? 'srgb' : interpretationOf(frame.picture.transfer), program);
    const isSeeThrough = 'picture' in frame && covering(frame.picture, looking);
    gl.uniform1i(program.uniform('isSeeThrough'), isSeeThrough ? 1 : 0);
    gl.uniform1i(program.uniform('factor'), factor);
    gl.uniform1i(program.uniform('canvasHeight'), gl.drawingBufferHeight);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  dispose(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #usePicture(frame: { picture: Picture }, { uniform }: Program, factor: number): void {
    const gl = this.#gl;
    const { picture } = frame;
    const { data, display } = picture;
    const colours = shownChannels(picture);
    if (!colours) return;
    const planes = [colours.red, colours.green, colours.blue, colours.alpha];
    const isNew = this.#uploaded !== frame;
    this.#uploaded = frame;
    const scale = planes.map((channel) => (channel ? 1 / channel.white : 0));
    const missing = planes.map((channel, index) => (channel || index < 3 ? 0 : 1));
    const asReal = kindOf(picture) === 'planes';
    for (const [index, channel] of planes.entries()) {
      gl.activeTexture(gl.TEXTURE0 + index);
      gl.bindTexture(gl.TEXTURE_2D, this.#plane(index));
      if (isNew && channel) this.#upload(channel, data, factor, asReal);
      // A sampler needs a texture of its kind, although nothing of it counts.
      else if (isNew) this.#upload({ ...colours.red, samples: colours.red.samples.slice(0, 1) }, ONE_PIXEL, 1, asReal);
      gl.uniform1i(uniform(`plane${index}`), index);
    }
    gl.uniform4fv(uniform('scale'), scale);
    gl.uniform4fv(uniform('missing'), missing);
    gl.uniform4i(uniform('data'), data.x - display.x, data.y - display.y, data.width, data.height);
  }

  #upload(
    channel: Channel,
    { width, height }: { width: number; height: number },
    factor: number,
    asReal: boolean,
  ): void {
    const gl = this.#gl;
    const { type, samples } = shrunk(sameKind(channel, asReal), width, height, factor);
    const texture = FORMATS[type];
    const [across, down] = [Math.ceil(width / factor), Math.ceil(height / factor)];
    gl.texImage2D(
      gl.TEXTURE_2D,
      0,
      gl[texture.internal],
      across,
      down,
      0,
      gl[texture.format],
      gl[texture.type],
      samples,
    );
  }

  #useBitmap(bitmap: ImageBitmap, { uniform }: Program): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#plane(0));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    this.#uploaded = undefined;
    gl.uniform1i(uniform('plane0'), 0);
    gl.uniform4i(uniform('data'), 0, 0, bitmap.width, bitmap.height);
  }

  #useLooking(looking: Looking, own: Looking['interpretation'], { uniform }: Program): void {
    const gl = this.#gl;
    const { channel, interpretation = own ?? 'stored', display, exposure, gamma, lut } = looking;
    gl.uniform1i(uniform('channel'), CHANNELS.indexOf(channel));
    gl.uniform1i(uniform('interpretation'), INTERPRETATIONS.indexOf(interpretation));
    gl.uniform1i(uniform('display'), DISPLAYS.indexOf(display));
    gl.uniform1f(uniform('gain'), 2 ** exposure);
    gl.uniform1f(uniform('gamma'), gamma);
    this.#bindLut(lut);
    gl.uniform1i(uniform('lut1'), LUT1_UNIT);
    gl.uniform1i(uniform('lut3'), LUT3_UNIT);
    gl.uniform1i(uniform('lutDimensions'), lut?.dimensions ?? 0);
    gl.uniform1i(uniform('lutSize'), lut?.size ?? 2);
    gl.uniform3fv(uniform('lutMin'), lut?.min ?? [0, 0, 0]);
    gl.uniform3fv(uniform('lutMax'), lut?.max ?? [1, 1, 1]);
  }

  /** Samplers of both kinds need a texture, whether it is read or not. */
  #bindLut(lut: Lut | undefined): void {
    const gl = this.#gl;
    const { textures } = this.#luts;
    if (textures.length === 2 && this.#luts.lut === lut) return;
    for (const texture of textures) gl.deleteTexture(texture);
    const line = lut?.dimensions === 1 ? lut : undefined;
    const cube = lut?.dimensions === 3 ? lut : undefined;
    const rows = line ? Math.ceil(line.size / LUT_ROW) : 1;
    const table = new Float32Array(LUT_ROW * rows * 3);
    if (line) table.set(line.table);
    const size = cube?.size ?? 1;
    const values = cube?.table ?? new Float32Array(3);
    const first = this.#texture(LUT1_UNIT, gl.TEXTURE_2D);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB32F, LUT_ROW, rows, 0, gl.RGB, gl.FLOAT, table);
    const second = this.#texture(LUT3_UNIT, gl.TEXTURE_3D);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGB32F, size, size, size, 0, gl.RGB, gl.FLOAT, values);
    this.#luts = { lut, textures: [first, second] };
  }

  #plane(index: number): WebGLTexture {
    while (this.#planes.length < PLANES) this.#planes.push(this.#texture(this.#planes.length, this.#gl.TEXTURE_2D));
    const plane = this.#planes[index];
    if (!plane) throw new Error(`There are ${PLANES} planes`);
    return plane;
  }

  #texture(unit: number, target: GLenum): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(target, texture);
    // Pixels are read one by one; whole numbers and 32-bit floats cannot be filtered.
    gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return texture;
  }

  #program(kind: ShaderKind): Program {
    const known = this.#programs.get(kind);
    if (known) return known;
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, VERTEX_SHADER],
      [gl.FRAGMENT_SHADER, fragmentShader(kind)],
    ] as const) {
      const shader = gl.createShader(type);
      if (!shader) continue;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    const locations = new Map<string, WebGLUniformLocation | null>();
    const made: Program = {
      program,
      uniform(name) {
        if (!locations.has(name)) locations.set(name, gl.getUniformLocation(program, name));
        return locations.get(name) ?? null;
      },
    };
    this.#programs.set(kind, made);
    return made;
  }
}

const ONE_PIXEL = { width: 1, height: 1 };

/** Which shader draws a picture: all planes are whole numbers, or all are floats. Undefined where there are no channels. */
function kindOf(picture: Picture): ShaderKind | undefined {
  const colours = shownChannels(picture);
  if (!colours) return undefined;
  const planes = [colours.red, colours.green, colours.blue, colours.alpha];
  return planes.some((channel) => channel && isReal(channel)) ? 'planes' : 'integers';
}

function isReal({ type }: Channel): boolean {
  return type === 'half' || type === 'float';
}

/** Whole numbers beside floats, which few files have, become floats. */
function sameKind(channel: Channel, asReal: boolean): Channel {
  if (isReal(channel) || !asReal) return channel;
  return { ...channel, type: 'float', samples: Float32Array.from(channel.samples) };
}

/** Every so many samples across and down. */
function shrunk(channel: Channel, width: number, height: number, factor: number): Channel {
  if (factor === 1) return channel;
  const [across, down] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const samples = channel.samples.slice(0, across * down);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) samples[y * across + x] = channel.samples[y * factor * width + x * factor] ?? 0;
  }
  return { ...channel, samples };
}

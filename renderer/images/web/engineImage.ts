/** What the engine's decoder gives, 8 bits a sample. */
export interface EngineImage {
  width: number;
  height: number;
  /** Red, green, blue and alpha of each pixel; alpha is not multiplied in. */
  rgba: Uint8ClampedArray | Uint8Array;
  /** Reading has changed nothing; otherwise colours may have been multiplied by alpha and divided again. */
  isExact: boolean;
}

export interface EngineOptions {
  /** Undefined: by its first bytes. */
  type: 'image/png' | 'image/jpeg' | 'image/webp' | undefined;
  /** Colours as the file's profile means them, in sRGB; otherwise as they come out of the decoder. */
  isManaged: boolean;
  hasAlpha: boolean;
}

/** The engine's decoders of PNG, JPEG and WebP; rejects what they refuse. */
export type EngineDecoder = (bytes: Uint8Array<ArrayBuffer>, options: EngineOptions) => Promise<EngineImage>;

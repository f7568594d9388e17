/** A decoded picture. Its memory is let go by `close`. */
export type PictureImage = Pick<ImageBitmap, 'width' | 'height' | 'close'>;

/** Takes what a source decodes. */
export interface PictureTaker<Image extends PictureImage> {
  /** Whether a picture that is decoded on the way to another one is worth its conversion. */
  isWanted(frame: number): boolean;
  /**
   * Hands over a picture, which is the taker's from now on.
   * @param frame the one that it is wanted for
   * @param number the one that it has in the film's table; undefined where its time stands in no row
   */
  take(frame: number, image: Image, number: number | undefined): void;
}

/** Decodes pictures of one film. The edge to codecs. */
export interface PictureSource<Image extends PictureImage = ImageBitmap> {
  /** Each picture is decoded alone, in any order. Else those of a group need the ones before them. */
  readonly isIntraOnly: boolean;
  /** Pictures that are decoded side by side at most. */
  readonly concurrency: number;
  /** Pictures that it can decode a second, as far as is known. */
  readonly rate: number | undefined;
  /**
   * Decodes a picture, and hands it over with those that were decoded for it and are wanted.
   * @throws UndecodablePicture when it cannot be decoded; what reading throws when its bytes cannot be had; the reason of `signal`
   */
  decode(frame: number, taker: PictureTaker<Image>, signal: AbortSignal): Promise<void>;
  dispose(): void;
}

/** The bytes of a picture were read, and could not be decoded. */
export class UndecodablePicture extends Error {
  constructor(why: string) {
    super(`A picture could not be decoded: ${why}`);
    this.name = 'UndecodablePicture';
  }
}

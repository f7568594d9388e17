import { colourAt, shownChannels } from './colourChannels.ts';
import { PLAIN_LOOKING, shownColour } from './looking.ts';
import type { Picture } from './picture.ts';

/** What is shown of a picture, of every second, third … pixel, so that no side is longer than `longSide` pixels. @throws Error without channels */
export function smallImage(picture: Picture, longSide: number): ImageData {
  const channels = shownChannels(picture);
  if (!channels) throw new Error('The picture has no channels');
  const { display, transfer } = picture;
  const factor = Math.ceil(Math.max(display.width, display.height) / longSide);
  const image = new ImageData(Math.ceil(display.width / factor), Math.ceil(display.height / factor));
  for (let y = 0, at = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++, at += 4) {
      const [red, green, blue] = shownColour(
        colourAt(picture, channels, x * factor, y * factor),
        transfer,
        PLAIN_LOOKING,
      );
      image.data[at] = red * 255;
      image.data[at + 1] = green * 255;
      image.data[at + 2] = blue * 255;
      image.data[at + 3] = 255;
    }
  }
  return image;
}

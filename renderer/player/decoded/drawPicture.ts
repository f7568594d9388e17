import type { KeptPicture } from './decodedPictures.ts';
import type { Placement } from './film.ts';

/** What is used of a canvas. */
interface Target {
  width: number;
  height: number;
  getContext(
    kind: '2d',
  ): Pick<CanvasRenderingContext2D, 'setTransform' | 'drawImage' | 'fillRect' | 'fillStyle'> | null;
}

/** Draws a picture as its container places it: square pixels, turned, mirrored. One that could not be decoded is black. */
export function drawPicture(target: Target, { image }: Pick<KeptPicture, 'image'>, placement: Placement): void {
  const { width, height, rotation, flip } = placement;
  // A new size empties a canvas.
  if (target.width !== width) target.width = width;
  if (target.height !== height) target.height = height;
  const context = target.getContext('2d');
  if (!context) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  // Below what is transparent, too.
  context.fillStyle = 'black';
  context.fillRect(0, 0, width, height);
  if (!image) return;
  const cos = rotation === 0 ? 1 : rotation === 180 ? -1 : 0;
  const sin = rotation === 90 ? 1 : rotation === 270 ? -1 : 0;
  // Turned clockwise about its middle, then mirrored from left to right.
  const mirror = flip ? -1 : 1;
  context.setTransform(cos * mirror, sin, -sin * mirror, cos, width / 2, height / 2);
  const isOnSide = rotation === 90 || rotation === 270;
  const [across, down] = isOnSide ? [height, width] : [width, height];
  context.drawImage(image, -across / 2, -down / 2, across, down);
}

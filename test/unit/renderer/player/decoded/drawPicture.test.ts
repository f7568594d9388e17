import { expect, it } from 'vitest';
import { drawPicture } from '../../../../../renderer/player/decoded/drawPicture.ts';
import type { Placement } from '../../../../../renderer/player/decoded/film.ts';

/** A canvas that remembers where a corner of the picture came to lie. */
function drawn(placement: Placement, corner: [number, number]): [number, number] | undefined {
  let matrix = [1, 0, 0, 1, 0, 0];
  let place: [number, number] | undefined;
  const context = {
    fillStyle: '',
    fillRect: () => undefined,
    setTransform: (...values: number[]) => (matrix = values),
    drawImage: (_image: unknown, x: number, y: number, width: number, height: number) => {
      const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = matrix;
      const [u, v] = [x + corner[0] * width, y + corner[1] * height];
      place = [a * u + c * v + e, b * u + d * v + f];
    },
  };
  const target = { width: 0, height: 0, getContext: () => context as unknown as CanvasRenderingContext2D };
  drawPicture(target, { image: {} as ImageBitmap }, placement);
  expect([target.width, target.height]).toEqual([placement.width, placement.height]);
  return place;
}

it.each([
  [0, false, [0, 0], [100, 0]],
  [90, false, [100, 0], [100, 50]],
  [180, false, [100, 50], [0, 50]],
  [270, false, [0, 50], [0, 0]],
  [0, true, [100, 0], [0, 0]],
] as const)('turned by %d degrees, mirrored %s', (rotation, flip, left, right) => {
  const placement = { width: 100, height: 50, rotation, flip };
  expect(drawn(placement, [0, 0])).toEqual(left);
  expect(drawn(placement, [1, 0])).toEqual(right);
});

it('draws black where a picture could not be decoded', () => {
  const filled: unknown[] = [];
  const context = {
    fillStyle: '',
    fillRect: (...values: number[]) => filled.push(...values),
    setTransform: () => undefined,
    drawImage: () => filled.push('image'),
  };
  const target = { width: 0, height: 0, getContext: () => context as unknown as CanvasRenderingContext2D };
  drawPicture(target, { image: undefined }, { width: 4, height: 2, rotation: 0, flip: false });
  expect(filled).toEqual([0, 0, 4, 2]);
});

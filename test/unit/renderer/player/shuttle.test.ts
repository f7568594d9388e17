import { expect, it } from 'vitest';
import { shuttle } from '../../../../renderer/player/shuttle.ts';

it('J and L double the speed in their direction', () => {
  expect([0, 1, 2, 4, 8].map((speed) => shuttle(speed, 1))).toEqual([1, 2, 4, 8, 8]);
  expect([0, -1, -8, 4].map((speed) => shuttle(speed, -1))).toEqual([-1, -2, -8, -1]);
});

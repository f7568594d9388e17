import { expect, it } from 'vitest';
import { nextSpeed, shuttle } from '../../../../renderer/player/shuttle.ts';

it('J and L double the speed in their direction', () => {
  expect([0, 1, 2, 4, 8].map((speed) => shuttle(speed, 1))).toEqual([1, 2, 4, 8, 8]);
  expect([0, -1, -8, 4].map((speed) => shuttle(speed, -1))).toEqual([-1, -2, -8, -1]);
});

it('slower and faster go through the speeds that can be chosen, in either direction', () => {
  expect([0.25, 0.5, 1, 8].map((speed) => nextSpeed(speed, 1))).toEqual([0.5, 0.75, 1.5, 8]);
  expect([8, 1, 0.25].map((speed) => nextSpeed(speed, -1))).toEqual([4, 0.75, 0.25]);
  expect([nextSpeed(-1, 1), nextSpeed(-1, -1), nextSpeed(3, -1)]).toEqual([-1.5, -0.75, 2]);
});

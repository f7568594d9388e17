import { expect, it } from 'vitest';
import { PlayClock } from '../../../../../renderer/player/decoded/playClock.ts';

function made() {
  const at = { now: 1000, sound: undefined as number | undefined };
  return {
    at,
    clock: new PlayClock(
      () => at.sound,
      () => at.now,
    ),
  };
}

it('runs by the window where there is no sound, at any speed', () => {
  const { at, clock } = made();
  clock.start(10, 2);
  at.now += 500;
  expect(clock.position).toBeCloseTo(11);
  clock.start(11, -4);
  at.now += 250;
  expect(clock.position).toBeCloseTo(10);
  clock.stop();
  at.now += 5000;
  expect(clock.position).toBeCloseTo(10);
  expect(clock.soundTimeOf(12)).toBeUndefined();
});

it('follows the sound, and says when what is to be heard', () => {
  const { at, clock } = made();
  at.sound = 100;
  clock.start(10, 1);
  at.now += 400;
  at.sound = 100.3;
  expect(clock.position).toBeCloseTo(10.3);
  expect(clock.soundTimeOf(11)).toBeCloseTo(101);
});

it('goes on without a jump where the sound begins late, and where its device stands still', () => {
  const { at, clock } = made();
  clock.start(10, 1);
  at.now += 200;
  expect(clock.position).toBeCloseTo(10.2);
  at.sound = 5;
  expect(clock.position).toBeCloseTo(10.2);
  at.now += 300;
  at.sound = 5.3;
  expect(clock.position).toBeCloseTo(10.5);
  for (let look = 0; look < 7; look++) {
    at.now += 100;
    expect(clock.position).toBeGreaterThanOrEqual(10.5);
  }
  const before = clock.position;
  at.now += 1000;
  expect(clock.position).toBeCloseTo(before + 1);
  // It is not believed again while this playing lasts.
  at.sound = 6;
  expect(clock.position).toBeCloseTo(before + 1);
});

import { expect, it } from 'vitest';
import { PlayerMemory } from '../../../../renderer/player/playerMemory.ts';

it('what is opened from the library plays at normal speed, as loud as before', () => {
  const memory = new PlayerMemory();
  memory.keep({ muted: true, volume: 0.4, paused: true, speed: 4 });
  expect(memory.startOf('b')).toEqual({ muted: true, volume: 0.4, paused: false, speed: 1 });
});

it('the previous and the next file go on as the one before', () => {
  const memory = new PlayerMemory();
  const kept = { muted: true, volume: 0.4, paused: true, speed: 2 };
  memory.keep(kept);
  memory.goTo('b');
  // The one that is left reports itself once more, and is no longer asked.
  memory.keep({ muted: false, volume: 1, paused: true, speed: 1 });
  expect(memory.startOf('b')).toEqual(kept);
  memory.arrived();
  expect(memory.startOf('b')).toMatchObject({ paused: false, speed: 1 });
});

it('films and sequences are counted each in its way', () => {
  const memory = new PlayerMemory();
  expect([memory.countingOf('film'), memory.countingOf('sequence')]).toEqual(['one', 'file']);
  memory.count('film', 'film');
  expect([memory.countingOf('film'), memory.countingOf('sequence')]).toEqual(['film', 'file']);
});

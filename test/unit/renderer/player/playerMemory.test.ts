import { expect, it } from 'vitest';
import { type KeptPlayback, PlayerMemory } from '../../../../renderer/player/playerMemory.ts';

const KEPT: KeptPlayback = {
  ...{ muted: true, volume: 0.4, paused: true, speed: 2, repeat: 'next' },
  ...{ time: 4.2, frame: 101 },
};

it('what is opened from the library plays from its start at normal speed, as loud as before', () => {
  const memory = new PlayerMemory();
  memory.keep(KEPT);
  expect(memory.startOf('b')).toEqual({
    ...{ muted: true, volume: 0.4, paused: false, speed: 1, repeat: 'off' },
    ...{ time: 0, frame: undefined, isGoneTo: false },
  });
});

it('the previous and the next file go on as the one before, at the same picture', () => {
  const memory = new PlayerMemory();
  memory.keep(KEPT);
  memory.goTo('b');
  // The one that is left reports itself once more, and is no longer asked.
  memory.keep({ ...KEPT, muted: false, frame: 0 });
  expect(memory.startOf('b')).toEqual({ ...KEPT, isGoneTo: true });
  memory.arrived();
  expect(memory.startOf('b')).toMatchObject({ paused: false, speed: 1, isGoneTo: false });
});

it('what follows by itself plays from its start, as loud and fast', () => {
  const memory = new PlayerMemory();
  memory.keep(KEPT);
  memory.playOn('b');
  expect(memory.startOf('b')).toEqual({ ...KEPT, paused: false, time: 0, frame: 0, isGoneTo: true });
});

it('a sequence, which has no sound, leaves that of films as it was', () => {
  const memory = new PlayerMemory();
  memory.keep(KEPT);
  memory.keep({ paused: false, frame: 3 });
  memory.goTo('b');
  expect(memory.startOf('b')).toMatchObject({ muted: true, volume: 0.4, paused: false, frame: 3 });
});

it('films and sequences are counted each in its way', () => {
  const memory = new PlayerMemory();
  expect([memory.countingOf('film'), memory.countingOf('sequence')]).toEqual(['one', 'file']);
  memory.count('film', 'film');
  expect([memory.countingOf('film'), memory.countingOf('sequence')]).toEqual(['film', 'file']);
});

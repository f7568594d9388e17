import { expect, it } from 'vitest';
import {
  boundsOf,
  nextRepeat,
  playedBounds,
  turn,
  WHOLE_FILM,
  withMark,
} from '../../../../renderer/player/playRange.ts';

it('a mark begins to repeat what is between the marks; one beyond the other replaces it', () => {
  const from = withMark(WHOLE_FILM, 'first', 10);
  expect(from).toEqual({ first: 10, last: undefined, repeat: 'loop' });
  const both = withMark({ ...from, repeat: 'bounce' }, 'last', 20);
  expect(both).toEqual({ first: 10, last: 20, repeat: 'bounce' });
  expect(withMark(both, 'first', 30)).toMatchObject({ first: 30, last: undefined });
  expect(withMark(both, 'last', 5)).toMatchObject({ first: undefined, last: 5 });
  expect(boundsOf(WHOLE_FILM, 100)).toEqual({ first: 0, last: 99 });
  expect(boundsOf(both, 15)).toEqual({ first: 10, last: 14 });
});

it('at its end a range stops, begins anew or turns round', () => {
  const range = { first: 10, last: 20 };
  expect(turn({ ...range, repeat: 'off' }, 100, 1)).toBeUndefined();
  expect(turn({ ...range, repeat: 'loop' }, 100, 1)).toEqual({ frame: 10, direction: 1 });
  expect(turn({ ...range, repeat: 'loop' }, 100, -1)).toEqual({ frame: 20, direction: -1 });
  expect(turn({ ...range, repeat: 'bounce' }, 100, 1)).toEqual({ frame: 20, direction: -1 });
  expect(turn({ ...range, repeat: 'bounce' }, 100, -1)).toEqual({ frame: 10, direction: 1 });
  expect(turn({ ...range, repeat: 'next' }, 100, 1)).toBeUndefined();
  const repeats = ['off', 'loop', 'bounce', 'next'] as const;
  expect(repeats.map(nextRepeat)).toEqual(['loop', 'bounce', 'next', 'off']);
});

it('marks count where the range is repeated, and a mark ends playing on to the next file', () => {
  const marked = { first: 10, last: 20 };
  expect(playedBounds({ ...marked, repeat: 'loop' }, 100)).toEqual(marked);
  for (const repeat of ['off', 'next'] as const)
    expect(playedBounds({ ...marked, repeat }, 100)).toEqual({ first: 0, last: 99 });
  expect(withMark({ ...WHOLE_FILM, repeat: 'next' }, 'first', 5).repeat).toBe('loop');
});

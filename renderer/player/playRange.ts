/**
 * What happens where playing comes to an end of its range. `bounce`: it plays back the way that it came; `next`: the next file of the
 * folder follows.
 */
const REPEATS = ['off', 'loop', 'bounce', 'next'] as const;
export type Repeat = (typeof REPEATS)[number];

/** The pictures that are played, counted from 0, and what comes after them. */
export interface PlayRange {
  /** First and last one; undefined: those of the film. */
  first: number | undefined;
  last: number | undefined;
  repeat: Repeat;
}

export const WHOLE_FILM: PlayRange = { first: undefined, last: undefined, repeat: 'off' };

/** Marks count, and playing does not end by itself. */
export function isRepeated(repeat: Repeat): repeat is 'loop' | 'bounce' {
  return repeat === 'loop' || repeat === 'bounce';
}

/** The range within a film of so many pictures. */
export function boundsOf({ first = 0, last }: PlayRange, count: number): { first: number; last: number } {
  const end = count - 1;
  return { first: Math.min(first, end), last: Math.min(last ?? end, end) };
}

/** The pictures that are played: marks count where they are repeated. */
export function playedBounds(range: PlayRange, count: number): { first: number; last: number } {
  return boundsOf(isRepeated(range.repeat) ? range : WHOLE_FILM, count);
}

/** With a mark at a picture, which the other one makes way for. A range that is marked is repeated. */
export function withMark(range: PlayRange, mark: 'first' | 'last', frame: number): PlayRange {
  const repeat = isRepeated(range.repeat) ? range.repeat : 'loop';
  if (mark === 'first') {
    return { first: frame, last: range.last !== undefined && range.last < frame ? undefined : range.last, repeat };
  }
  return { first: range.first !== undefined && range.first > frame ? undefined : range.first, last: frame, repeat };
}

export function withoutMarks({ repeat }: PlayRange): PlayRange {
  return { ...WHOLE_FILM, repeat };
}

export function nextRepeat(repeat: Repeat): Repeat {
  return REPEATS[(REPEATS.indexOf(repeat) + 1) % REPEATS.length] ?? 'off';
}

/** Where playing goes on from beyond an end of its range; undefined where it stops. */
export function turn(
  range: PlayRange,
  count: number,
  direction: 1 | -1,
): { frame: number; direction: 1 | -1 } | undefined {
  const { first, last } = boundsOf(range, count);
  if (!isRepeated(range.repeat)) return undefined;
  if (range.repeat === 'bounce') return { frame: direction > 0 ? last : first, direction: direction > 0 ? -1 : 1 };
  return { frame: direction > 0 ? first : last, direction };
}

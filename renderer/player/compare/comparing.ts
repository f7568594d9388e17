import type { PlayerAction } from '../playerKeys.ts';
import type { StepBy } from './alignment.ts';

/** How two pictures are laid beside or over one another. */
export const WAYS = ['side', 'wipe', 'difference', 'overlay', 'flip'] as const;
export type Way = (typeof WAYS)[number];
export type SideName = 'a' | 'b';

/** How two items are compared. */
export interface Comparing {
  way: Way;
  /** On screen where one is shown at a time. */
  shown: SideName;
  /** Share of the width that shows A. */
  wipe: number;
  /** Share of B in an overlay. */
  mix: number;
  /** By what a difference is multiplied, so that a small one is seen. */
  gain: number;
  /** Frames that B is ahead of A. */
  offset: number;
  stepBy: StepBy;
}

const SHARE_STEP = 0.05;
const GAINS = [1, 2, 4, 8, 16, 32] as const;
/** Frames: a day at 60 a second. */
const MAX_OFFSET = 24 * 3600 * 60;

export const PLAIN_COMPARING: Comparing = {
  ...{ way: 'side', shown: 'a', wipe: 0.5, mix: 0.5, gain: 1 },
  ...{ offset: 0, stepBy: 'frame' },
};

/** What an action makes of it; undefined for one that is not about that. */
export function comparingAfter(now: Comparing, action: PlayerAction): Comparing | undefined {
  switch (action) {
    case 'compare-flip':
      // From another way, the first press shows A alone.
      return { ...now, way: 'flip', shown: now.way === 'flip' && now.shown === 'a' ? 'b' : 'a' };
    case 'compare-way':
      return { ...now, way: wayAfter(now.way, 1) };
    case 'compare-way-back':
      return { ...now, way: wayAfter(now.way, -1) };
    case 'compare-less':
      return changed(now, -1);
    case 'compare-more':
      return changed(now, 1);
    case 'offset-back':
      return withOffset(now, now.offset - 1);
    case 'offset-forward':
      return withOffset(now, now.offset + 1);
    case 'offset-none':
      return withOffset(now, 0);
    case 'step-by':
      return { ...now, stepBy: now.stepBy === 'frame' ? 'timecode' : 'frame' };
    default:
      return undefined;
  }
}

/** A and B are exchanged: what was ahead is behind. */
export function exchanged(now: Comparing): Comparing {
  return { ...now, offset: now.offset === 0 ? 0 : -now.offset };
}

export function withWipe(now: Comparing, wipe: number): Comparing {
  return { ...now, wipe: share(wipe) };
}

function withOffset(now: Comparing, offset: number): Comparing {
  return { ...now, offset: Math.min(MAX_OFFSET, Math.max(-MAX_OFFSET, offset)) };
}

function changed(now: Comparing, direction: 1 | -1): Comparing {
  switch (now.way) {
    case 'wipe':
      return withWipe(now, now.wipe + direction * SHARE_STEP);
    case 'overlay':
      return { ...now, mix: share(now.mix + direction * SHARE_STEP) };
    case 'difference': {
      const index = GAINS.findIndex((gain) => gain === now.gain) + direction;
      return { ...now, gain: GAINS[index] ?? now.gain };
    }
    default:
      return now;
  }
}

function wayAfter(way: Way, steps: 1 | -1): Way {
  return WAYS[(WAYS.indexOf(way) + steps + WAYS.length) % WAYS.length] ?? 'side';
}

/** From 0 to 1, without what adding leaves in the last digits. */
function share(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1000) / 1000));
}

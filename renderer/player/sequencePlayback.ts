import { SECOND_MS } from '../../shared/units.ts';

/** Sequences carry no rate; film does. Frames per second. */
export const SEQUENCE_FRAME_RATE = 24;
const MAX_CACHE_BYTES = 400_000_000;
const BYTES_PER_PIXEL = 4;
const MIN_CACHED_FRAMES = 8;
const MAX_CACHED_FRAMES = 120;
/** Share of the cache that lies behind the position, for stepping back. */
const SHARE_BEHIND = 0.2;

/** Number of decoded frames of a size that are kept, so that memory stays bounded whatever the size of a frame. */
export function framesKept(width: number, height: number): number {
  const bytes = Math.max(1, width * height * BYTES_PER_PIXEL);
  return Math.min(MAX_CACHED_FRAMES, Math.max(MIN_CACHED_FRAMES, Math.floor(MAX_CACHE_BYTES / bytes)));
}

/**
 * The frames to have in memory around a position, the most urgent first: the one that is shown, then those in the
 * direction of play, then some behind.
 */
export function framesWanted(index: number, count: number, direction: 1 | -1, kept: number): number[] {
  const behind = Math.floor(kept * SHARE_BEHIND);
  const ahead = kept - behind - 1;
  const steps = [
    ...Array.from({ length: ahead + 1 }, (_, step) => step * direction),
    ...Array.from({ length: behind }, (_, step) => -(step + 1) * direction),
  ];
  return steps.map((step) => index + step).filter((frame) => frame >= 0 && frame < count);
}

/** Whole frames that are due after some milliseconds, and what is left of them for the next time. */
export function framesDue(elapsed: number, speed: number): { frames: number; rest: number } {
  const perFrame = SECOND_MS / (SEQUENCE_FRAME_RATE * Math.abs(speed));
  const frames = Math.floor(elapsed / perFrame + 1e-6);
  return { frames, rest: Math.max(0, elapsed - frames * perFrame) };
}

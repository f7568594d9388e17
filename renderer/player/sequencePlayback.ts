import { SECOND_MS } from '../../shared/units.ts';
import type { Rational } from './table/frameTable.ts';

/** Sequences carry no rate; film does. */
export const SEQUENCE_RATE: Rational = { numerator: 24, denominator: 1 };
/** What sequences are played at, slowest first. */
export const SEQUENCE_RATES: readonly Rational[] = [
  { numerator: 12, denominator: 1 },
  { numerator: 24_000, denominator: 1001 },
  SEQUENCE_RATE,
  { numerator: 25, denominator: 1 },
  { numerator: 30_000, denominator: 1001 },
  { numerator: 30, denominator: 1 },
  { numerator: 48, denominator: 1 },
  { numerator: 50, denominator: 1 },
  { numerator: 60_000, denominator: 1001 },
  { numerator: 60, denominator: 1 },
];
/** Of decoded frames, all together. */
export const MAX_CACHE_BYTES = 400_000_000;
const MAX_CACHED_FRAMES = 120;
/** Share of the cache that lies behind the position, for stepping back. */
const SHARE_BEHIND = 0.2;

/** Number of decoded frames of a size in bytes that are kept, so that memory stays bounded: the one on screen, at the least. */
export function framesKept(bytes: number, maxBytes = MAX_CACHE_BYTES): number {
  return Math.min(MAX_CACHED_FRAMES, Math.max(1, Math.floor(maxBytes / Math.max(1, bytes))));
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

/** Frames a second. */
export function rateNumber({ numerator, denominator }: Rational): number {
  return numerator / denominator;
}

/** Whole frames that are due after some milliseconds, and what is left of them for the next time. */
export function framesDue(elapsed: number, speed: number, rate: Rational): { frames: number; rest: number } {
  const perFrame = SECOND_MS / (rateNumber(rate) * Math.abs(speed));
  const frames = Math.floor(elapsed / perFrame + 1e-6);
  return { frames, rest: Math.max(0, elapsed - frames * perFrame) };
}

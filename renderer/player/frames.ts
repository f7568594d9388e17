/** Frames per second assumed while the real rate is not known. */
export const DEFAULT_FRAME_RATE = 24;

/** The frame that is on screen at a time, counted from 0. */
export function frameAt(seconds: number, frameRate: number): number {
  // A hundredth of a frame of grace: 1/24 * 24 is just under 1 in floating point.
  return Math.max(0, Math.floor(seconds * frameRate + 0.01));
}

/**
 * The time to seek to, to be `frames` away from the frame now on screen. It aims at the middle of the frame: seeking to
 * where a frame begins shows the one before it about every second time.
 */
export function stepTime(seconds: number, frames: number, frameRate: number, duration: number): number {
  const frame = Math.max(0, frameAt(seconds, frameRate) + frames);
  const last = Number.isFinite(duration) ? Math.max(0, frameAt(duration, frameRate) - 1) : frame;
  return (Math.min(frame, last) + 0.5) / frameRate;
}

const KNOWN_RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];
const MIN_FRAME_GAPS = 12;

/**
 * The frame rate of the presentation times (seconds) of consecutive frames, or undefined while they are not
 * conclusive. Uneven gaps (dropped frames) are ignored: the shortest gap that repeats is one frame.
 */
export function estimateFrameRate(times: readonly number[]): number | undefined {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const forward = gaps.filter((gap) => gap > 0.005 && gap < 0.2).sort((a, b) => a - b);
  if (forward.length < MIN_FRAME_GAPS) return undefined;
  const shortest = forward[Math.floor(forward.length * 0.2)] ?? 0;
  const single = forward.filter((gap) => Math.abs(gap - shortest) < shortest * 0.2);
  const rate = single.length / single.reduce((sum, gap) => sum + gap, 0);
  const nearest = KNOWN_RATES.reduce((best, known) => (Math.abs(known - rate) < Math.abs(best - rate) ? known : best));
  return Math.abs(nearest - rate) / nearest < 0.004 ? nearest : rate;
}

/** J and L double the speed in their direction up to 8 times; the opposite key first comes back to normal speed. */
export function shuttle(speed: number, direction: 1 | -1): number {
  if (speed === 0 || Math.sign(speed) !== direction) return direction;
  return direction * Math.min(8, Math.abs(speed) * 2);
}

import { uptime } from 'node:os';
import { SECOND_MS } from '../../../shared/units.ts';

/** Interval of reading the uptime: on Linux each read opens a file. */
const LOOK_INTERVAL_MS = 100;
/** Difference of the two clocks without a sleep in between. */
const TOLERANCE_MS = SECOND_MS;

export interface SteadyClockOptions {
  /** Milliseconds of a monotonic clock that may exclude sleep. Default: performance.now. */
  awake?: () => number;
  /**
   * Milliseconds since the computer was started, including sleep; need not be exact. Default on Linux: os.uptime.
   * Elsewhere none, since performance.now includes sleep there (libuv: QueryPerformanceCounter, mach_continuous_time).
   */
  sinceStart?: (() => number) | undefined;
}

/**
 * A monotonic clock for durations and deadlines in milliseconds, which includes sleep of the computer. On Linux
 * performance.now (CLOCK_MONOTONIC) stops meanwhile.
 */
export function steadyClock(options: SteadyClockOptions = {}): () => number {
  const { awake = () => performance.now(), sinceStart } = { sinceStart: uptimeOfLinux(), ...options };
  if (!sinceStart) return awake;
  const [began, startedBefore] = [awake(), sinceStart()];
  let lookedAt = began;
  let slept = 0;
  return () => {
    const now = awake();
    if (now - lookedAt >= LOOK_INTERVAL_MS) {
      lookedAt = now;
      const missed = sinceStart() - startedBefore - (now - began);
      if (missed > slept + TOLERANCE_MS) slept = missed;
    }
    return now + slept;
  };
}

/** The clock of this process. */
export const steadyNow = steadyClock();

function uptimeOfLinux(): (() => number) | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    uptime();
  } catch {
    return undefined;
  }
  return () => uptime() * SECOND_MS;
}

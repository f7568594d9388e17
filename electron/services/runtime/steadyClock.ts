import { uptime } from 'node:os';
import { SECOND_MS } from '../../../shared/units.ts';

/** Between two looks at the time since the computer was started: on Linux each reads a file. */
const LOOK_INTERVAL_MS = 100;
/** What the two clocks may differ by without a sleep in between. */
const TOLERANCE_MS = SECOND_MS;

export interface SteadyClockOptions {
  /** Milliseconds, never set back; need not count a sleep of the computer. Default: performance.now. */
  awake?: () => number;
  /**
   * Milliseconds since the computer was started, its sleep included; need not be exact. Default on Linux: os.uptime. Elsewhere
   * none, since performance.now counts a sleep there (libuv: QueryPerformanceCounter, mach_continuous_time).
   */
  sinceStart?: (() => number) | undefined;
}

/**
 * A clock for durations and deadlines, in milliseconds since some moment: nobody sets it, and it goes on while the computer
 * sleeps. On Linux performance.now (CLOCK_MONOTONIC) stops meanwhile.
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

/** The one of this process. */
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

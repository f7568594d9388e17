import { useEffect, useState } from 'react';

/** This machine's time in milliseconds since the epoch, drawn again every `every` milliseconds. */
export function useNow(every: number): number {
  return useDrawnAgain(Date.now, every);
}

/** Milliseconds of a monotonic clock, for durations; drawn again every `every` milliseconds. */
export function useClock(every: number): number {
  return useDrawnAgain(steadyNow, every);
}

/** Milliseconds of a monotonic clock, the one of `useClock`. */
export function steadyNow(): number {
  return performance.now();
}

function useDrawnAgain(time: () => number, every: number): number {
  const [drawn, setDrawn] = useState(time);
  useEffect(() => {
    const timer = setInterval(() => setDrawn(time()), every);
    return () => clearInterval(timer);
  }, [time, every]);
  return drawn;
}

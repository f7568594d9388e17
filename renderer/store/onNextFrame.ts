import { SECOND_MS } from '../../shared/units.ts';

/** A hidden window draws no frames, and must still keep up. */
const HIDDEN_DELAY_MS = SECOND_MS;

/** Calls back with the next frame, and before long where there is none. */
export function onNextFrame(work: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    work();
  };
  const timer = setTimeout(once, HIDDEN_DELAY_MS);
  const frame = requestAnimationFrame(once);
}

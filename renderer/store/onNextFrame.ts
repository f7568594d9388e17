/** Milliseconds. A window that cannot be seen draws no frames, and must still keep up. */
const WHILE_HIDDEN = 1000;

/** Calls back with the next frame, and before long where there is none. */
export function soon(work: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    work();
  };
  const timer = setTimeout(once, WHILE_HIDDEN);
  const frame = requestAnimationFrame(once);
}

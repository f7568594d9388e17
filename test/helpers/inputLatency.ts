import type { Page } from 'playwright';

/** How the page answered while it was watched. All in milliseconds. */
export interface InputFigures {
  /** From each key press and click until the frame that follows it was drawn. */
  answered: number[];
  /** From one frame to the next. */
  frames: number[];
  /** From a request to main until its answer. */
  main: number[];
}

/**
 * Measures inside the page, on its own clock, independent of the test's load. Returns the function that ends it. The
 * Event Timing API is no alternative: without a display its entries wait for a frame and report seconds.
 */
export async function watchInput(page: Page): Promise<() => Promise<InputFigures>> {
  await page.evaluate(watchInPage);
  return () => page.evaluate(() => (Reflect.get(globalThis, 'endWatchingInput') as () => InputFigures)());
}

/** @param share from 0 to 1: 0.5 is the median. 0 of no figures at all. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs in the page, sent there as text. */
function watchInPage(): void {
  const figures: InputFigures = { answered: [], frames: [], main: [] };
  const inputs = ['keydown', 'click'];
  let isWatching = true;

  const onInput = ({ timeStamp }: Event): void => {
    requestAnimationFrame(() => {
      // The first task after a frame: what the input has changed is drawn.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => void figures.answered.push(performance.now() - timeStamp);
      port2.postMessage(undefined);
    });
  };
  for (const name of inputs) addEventListener(name, onInput, { capture: true });

  let before = performance.now();
  const onFrame = (): void => {
    const at = performance.now();
    figures.frames.push(at - before);
    before = at;
    if (isWatching) requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);

  const { nearplay } = globalThis as unknown as { nearplay: { request(name: string): Promise<unknown> } };
  const askMain = async (): Promise<void> => {
    while (isWatching) {
      const asked = performance.now();
      await nearplay.request('getBootstrap');
      figures.main.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  void askMain();

  Reflect.set(globalThis, 'endWatchingInput', () => {
    isWatching = false;
    for (const name of inputs) removeEventListener(name, onInput, { capture: true });
    return figures;
  });
}

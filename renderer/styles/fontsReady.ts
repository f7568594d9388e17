import { SECOND_MS } from '../../shared/units.ts';

/** A disk that is slower than this gets a window in the system's font, which changes once; milliseconds. */
const FONTS_TIMEOUT_MS = 1.5 * SECOND_MS;

/**
 * Resolves once every font of the window is there, for all scripts, so that nothing on screen changes its width later;
 * also when one of them cannot be had, or takes too long.
 */
export async function fontsReady(fonts: Iterable<Pick<FontFace, 'load'>>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, FONTS_TIMEOUT_MS)));
  await Promise.race([Promise.allSettled([...fonts].map((font) => font.load())), late]);
  clearTimeout(timer);
}

import type { Page } from 'playwright';
import { expect } from 'vitest';
import { axeViolations } from './axe.ts';

const WINDOWS = [
  { width: 1024, height: 700 },
  { width: 1280, height: 820 },
  { width: 1920, height: 1080 },
];

/** The app, as far as it is looked at. */
interface Screen {
  page: Page;
  screenshot: (name: string) => Promise<unknown>;
}

/** Pictures of what is on screen in windows of three sizes and in both themes, for people to look at; and axe in both themes. */
export async function look({ page, screenshot }: Screen, name: string): Promise<void> {
  const usual = await page.evaluate(() => ({ width: window.innerWidth, height: window.innerHeight }));
  // Not detached: that would take away the size of the window too.
  const devtools = await page.context().newCDPSession(page);
  const show = (size: { width: number; height: number }) =>
    devtools.send('Emulation.setDeviceMetricsOverride', { ...size, deviceScaleFactor: 1, mobile: false });
  const before = await page.evaluate(() => document.documentElement.dataset['theme'] ?? 'system');
  for (const theme of ['light', 'dark']) {
    await page.evaluate((chosen) => {
      document.documentElement.dataset['theme'] = chosen;
    }, theme);
    // Colours change by and by.
    await page.evaluate(() =>
      Promise.allSettled(
        document.getAnimations().flatMap((one) => (one instanceof CSSTransition ? [one.finished] : [])),
      ),
    );
    for (const size of WINDOWS) {
      await show(size);
      await screenshot(`${name}-${size.width}x${size.height}-${theme}`);
    }
    await show(usual);
    expect.soft([name, theme, await axeViolations(page)]).toEqual([name, theme, []]);
  }
  await page.evaluate((theme) => {
    document.documentElement.dataset['theme'] = theme;
  }, before);
}

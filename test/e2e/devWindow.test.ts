import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevWindow, startDevWindow } from '../../build/devWindow.ts';
import { SILENT } from '../../electron/services/runtime/log.ts';
import { findBrowser } from '../helpers/browser.ts';

let dev: DevWindow;
let browser: Browser;
beforeAll(async () => {
  dev = await startDevWindow(SILENT);
  const { executablePath } = await findBrowser();
  browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
});
afterAll(async () => {
  await browser.close();
  await dev.close();
});

async function openPage(address: string) {
  const page = await browser.newPage();
  const faults: unknown[] = [];
  page.on('pageerror', (error) => faults.push(error));
  await page.goto(address);
  return { page, faults };
}

describe('the development page in a browser', () => {
  it('is the window on the real services', async () => {
    const { page, faults } = await openPage(dev.addressOf('library'));
    await page.locator('[data-testid="card"][data-key="shots/"]').waitFor();
    await expect.poll(() => page.getByTestId('reading-chip').innerText()).toContain('Sydney');
    expect(faults).toEqual([]);
  });

  it('shows an upload of a file that was dropped or chosen in the page', async () => {
    const { page } = await openPage(dev.addressOf('empty'));
    await page.getByTestId('file-input').setInputFiles({
      ...{ name: 'sq030_v001.exr', mimeType: 'image/x-exr', buffer: Buffer.from('frames') },
    });
    await page.locator('[data-testid="card"][data-key="sq030_v001.exr"]').waitFor();
  });

  it('shows a scenario that its address names', async () => {
    const { page } = await openPage(dev.addressOf('denied'));
    await page.getByTestId('error-state').waitFor();
  });

  it('without the token it asks for the app, and nothing of the studio is to be seen', async () => {
    const { page } = await openPage(`${dev.origin}/dev.html`);
    await page.getByTestId('error-state').waitFor();
    expect(await page.getByTestId('card').count()).toBe(0);
  });
});

import type { Page } from 'playwright';

/** Copying is what a file manager offers; see DevTools' `Input.DragData`. */
const COPY = 1;

/**
 * Drops files and folders of the disk onto an element, as from a file manager: the page gets files with a path, which it
 * does not when a script makes the drop.
 */
export async function dropFiles(page: Page, selector: string, paths: readonly string[]): Promise<void> {
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`Nothing to drop on: ${selector}`);
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const session = await page.context().newCDPSession(page);
  try {
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const data = { items: [], files: [...paths], dragOperationsMask: COPY };
      await session.send('Input.dispatchDragEvent', { type, ...place, data });
    }
  } finally {
    await session.detach();
  }
}

import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Page } from 'playwright';

/**
 * What axe-core finds wrong in what is on screen, one line each: WCAG 2.0 to 2.2, levels A and AA, and its best practices. Empty when
 * nothing is.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  // As text, past the Content-Security-Policy: DevTools' Runtime.evaluate is not bound by it.
  await page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
  const { violations } = await page.evaluate(async () => {
    const inPage = Reflect.get(globalThis, 'axe') as { run: (what: Document, how: RunOptions) => Promise<AxeResults> };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return inPage.run(document, { runOnly: tags, resultTypes: ['violations'] });
  });
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ html }) => `${id} (${impact ?? 'unrated'}): ${help}: ${html.slice(0, 200)}`),
  );
}

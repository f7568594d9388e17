import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright';

interface AxeResults {
  violations: { id: string; impact: string | null; help: string; nodes: { html: string }[] }[];
}

/**
 * What axe-core finds wrong in what is on screen, one line each: WCAG 2.0 to 2.2, levels A and AA, and its best practices. Empty when
 * nothing is.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // As text, past the Content-Security-Policy: DevTools' Runtime.evaluate is not bound by it.
  await page.evaluate(`if (!globalThis.axe) { ${source} }`);
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (what: Document, options: object) => Promise<AxeResults> } };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
  });
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ html }) => `${id} (${impact ?? 'unrated'}): ${help}: ${html.slice(0, 200)}`),
  );
}

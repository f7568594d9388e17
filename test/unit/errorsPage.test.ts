import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ERRORS_PAGE, errorsPage } from '../../build/errorsPage.ts';

it('docs/errors.md is what the table of causes says: npm run docs:errors', async () => {
  expect(await readFile(ERRORS_PAGE, 'utf8')).toBe(await errorsPage());
});

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { notice, NOTICE_FILE } from '../../build/notice.ts';
import { packageOf } from '../../build/shippedPackages.ts';

describe('NOTICE', () => {
  it('is what the lockfile says: npm run docs:notice', async () => {
    expect(await readFile(NOTICE_FILE, 'utf8')).toBe(await notice());
  });

  it('names the runtime, the fonts and the packages of the window, and nothing that is for development', async () => {
    const text = await notice();
    for (const name of ['electron', '@fontsource-variable/inter', 'react', '@aws-sdk/client-s3'])
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    expect(text).toContain('SIL OPEN FONT LICENSE Version 1.1');
    for (const name of ['vitest', 'eslint', 'typescript']) expect(text).not.toMatch(new RegExp(`^${name} \\d`, 'm'));
  });
});

describe('the package of a module', () => {
  it.each([
    ['/a/node_modules/zod/v4/index.js', 'zod'],
    ['/a/node_modules/@aws-sdk/core/dist/index.js', '@aws-sdk/core'],
    ['C:\\a\\node_modules\\x\\node_modules\\@y\\z\\i.js', '@y/z'],
    ['/a/shared/errors.ts', undefined],
    ['\0vite/preload-helper.js', undefined],
  ])('%s: %s', (path, name) => {
    expect(packageOf(path)).toBe(name);
  });
});

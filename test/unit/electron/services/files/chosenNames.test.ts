import { posix, win32 } from 'node:path';
import { expect, it } from 'vitest';
import { nameOfChosen } from '../../../../../electron/services/files/findFiles.ts';

it.each([
  [win32, 'E:\\', 'E'],
  [win32, 'E:\\renders', 'renders'],
  [win32, '\\\\server\\share\\', 'server share'],
  [win32, '\\\\?\\E:\\', 'E'],
  [posix, '/', 'root'],
  [posix, '/mnt/renders/', 'renders'],
])('what is chosen has a name that keys can begin with (%#)', (pathOf, path, name) => {
  expect(nameOfChosen(path, pathOf)).toBe(name);
});

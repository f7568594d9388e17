import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { cliStateFolder } from '../../../../../electron/services/runtime/paths.ts';

it('the folder of the terminal is below the home, or where the system says', () => {
  expect(cliStateFolder('linux', {})).toBe(`${homedir()}/.local/state/nearplay`);
  expect(cliStateFolder('linux', { XDG_STATE_HOME: '/state' })).toBe('/state/nearplay');
  expect(cliStateFolder('darwin', {})).toBe(`${homedir()}/Library/Application Support/Nearplay/cli`);
  expect(cliStateFolder('win32', { LOCALAPPDATA: 'C:\\L' })).toBe('C:\\L\\Nearplay\\cli');
});

it.each([
  ['linux', 'state/nearplay'],
  ['darwin', './home'],
  ['win32', 'C:home'],
])('a relative NEARPLAY_HOME is refused on %s', (platform, NEARPLAY_HOME) => {
  expect(() => cliStateFolder(platform, { NEARPLAY_HOME })).toThrow(/NEARPLAY_HOME is ".+", which .*whole path/);
});

it('a whole one is taken', () => {
  expect(cliStateFolder('linux', { NEARPLAY_HOME: '/state' })).toBe('/state');
  expect(cliStateFolder('win32', { NEARPLAY_HOME: 'D:\\state' })).toBe('D:\\state');
});

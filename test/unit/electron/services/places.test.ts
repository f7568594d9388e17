import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { managedPreferencesFile, terminalFolder } from '../../../../electron/services/places.ts';

it.each([
  ['win32', {}, 'C:\\ProgramData\\Nearplay\\isolation-preferences.json'],
  ['win32', { ProgramData: 'D:\\All' }, 'D:\\All\\Nearplay\\isolation-preferences.json'],
  ['darwin', {}, '/Library/Application Support/Nearplay/isolation-preferences.json'],
  ['linux', {}, '/etc/nearplay/isolation-preferences.json'],
  ['freebsd', { ProgramData: 'D:\\All' }, '/etc/nearplay/isolation-preferences.json'],
])('the file of IT on %s with %j', (platform, env, file) => {
  expect(managedPreferencesFile(platform, env)).toBe(file);
});

it('the folder of the terminal is below the home, or where the system says', () => {
  expect(terminalFolder('linux', {})).toBe(`${homedir()}/.local/state/nearplay`);
  expect(terminalFolder('linux', { XDG_STATE_HOME: '/state' })).toBe('/state/nearplay');
  expect(terminalFolder('darwin', {})).toBe(`${homedir()}/Library/Application Support/Nearplay/cli`);
  expect(terminalFolder('win32', { LOCALAPPDATA: 'C:\\L' })).toBe('C:\\L\\Nearplay\\cli');
});

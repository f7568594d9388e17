import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { terminalFolder } from '../../../../electron/services/places.ts';

it('the folder of the terminal is below the home, or where the system says', () => {
  expect(terminalFolder('linux', {})).toBe(`${homedir()}/.local/state/nearplay`);
  expect(terminalFolder('linux', { XDG_STATE_HOME: '/state' })).toBe('/state/nearplay');
  expect(terminalFolder('darwin', {})).toBe(`${homedir()}/Library/Application Support/Nearplay/cli`);
  expect(terminalFolder('win32', { LOCALAPPDATA: 'C:\\L' })).toBe('C:\\L\\Nearplay\\cli');
});

import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { cliStateFolder } from '../../../../../electron/services/runtime/paths.ts';

it('the folder of the terminal is below the home, or where the system says', () => {
  expect(cliStateFolder('linux', {})).toBe(`${homedir()}/.local/state/nearplay`);
  expect(cliStateFolder('linux', { XDG_STATE_HOME: '/state' })).toBe('/state/nearplay');
  expect(cliStateFolder('darwin', {})).toBe(`${homedir()}/Library/Application Support/Nearplay/cli`);
  expect(cliStateFolder('win32', { LOCALAPPDATA: 'C:\\L' })).toBe('C:\\L\\Nearplay\\cli');
});

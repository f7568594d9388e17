import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import { NearplayError } from '../../../shared/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Folder for persistent state of the command line: NEARPLAY_HOME, unless it is unset or empty, or the system's own.
 *
 * @throws NearplayError bad-request for a relative NEARPLAY_HOME: each working folder would have uploads of its own, and
 *   none would find those of another
 */
export function cliStateFolder(platform: string, env: Environment): string {
  const named = env['NEARPLAY_HOME'] ?? '';
  if (named !== '') {
    if ((platform === 'win32' ? win32 : posix).isAbsolute(named)) return named;
    const message = `NEARPLAY_HOME is "${named}", which is another folder wherever a command is started. Name its whole path.`;
    throw new NearplayError('bad-request', message);
  }
  const home = homedir();
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local'), 'Nearplay', 'cli');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Nearplay', 'cli');
  // XDG Base Directory Specification: a relative path is to be ignored.
  const state = env['XDG_STATE_HOME'] ?? '';
  return posix.join(posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state'), 'nearplay');
}

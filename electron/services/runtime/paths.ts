import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Folder for persistent state of the command line: the journal of unfinished uploads. */
export function cliStateFolder(platform: string, env: Environment): string {
  const home = homedir();
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local'), 'Nearplay', 'cli');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Nearplay', 'cli');
  return posix.join(env['XDG_STATE_HOME'] ?? posix.join(home, '.local', 'state'), 'nearplay');
}

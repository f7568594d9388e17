import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where IT puts the studio's Isolation Preferences for all users of a machine; only administrators can write there. */
export function managedPreferencesFile(platform: string, env: Environment): string {
  const name = 'isolation-preferences.json';
  if (platform === 'win32') return win32.join(env['ProgramData'] ?? 'C:\\ProgramData', 'Nearplay', name);
  if (platform === 'darwin') return posix.join('/Library/Application Support/Nearplay', name);
  return posix.join('/etc/nearplay', name);
}

/** Where the command line keeps what must survive it: the journal of unfinished uploads. */
export function terminalFolder(platform: string, env: Environment): string {
  const home = homedir();
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local'), 'Nearplay', 'cli');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Nearplay', 'cli');
  return posix.join(env['XDG_STATE_HOME'] ?? posix.join(home, '.local', 'state'), 'nearplay');
}

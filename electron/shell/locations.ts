import { posix, win32 } from 'node:path';

const PREFERENCES = 'isolation-preferences.json';
const POLICY = 'policy.json';

/** Where IT puts what holds for every user of a machine; docs/it.md names these. Only an administrator can write there. */
export interface ManagedFiles {
  preferences: string;
  policy: string;
}

export function managedFiles(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): ManagedFiles {
  const path = platform === 'win32' ? win32 : posix;
  const folder = managedFolder(platform, env);
  return { preferences: path.join(folder, PREFERENCES), policy: path.join(folder, POLICY) };
}

function managedFolder(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): string {
  switch (platform) {
    case 'win32':
      return win32.join(env['ProgramData'] ?? 'C:\\ProgramData', 'Nearplay');
    case 'darwin':
      return '/Library/Application Support/Nearplay';
    default:
      return '/etc/nearplay';
  }
}

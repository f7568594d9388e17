import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MINUTE_MS } from '../shared/units.ts';

/** The runtime has about 120 MB; a blocked network is detected long before. */
const DOWNLOAD_TIMEOUT_MS = 5 * MINUTE_MS;

const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/** The installed executable of Electron; uses no network. */
export function installedElectron(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const pathFile = join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : defaultName();
  const executable = join(env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name);
  return existsSync(executable) ? executable : undefined;
}

/** Electron's executable, downloaded on first use; `undefined` where it is unavailable, within five minutes at most. */
export async function electronExecutable(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const installed = installedElectron(env);
  if (installed !== undefined) return installed;
  // Electron's own installer: it checks the download against the checksums that its npm package carries.
  const child = spawn(process.execPath, [join(folder, 'install.js')], {
    env,
    stdio: 'ignore',
    timeout: DOWNLOAD_TIMEOUT_MS,
  });
  await new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  return installedElectron(env);
}

function defaultName(): string {
  switch (process.platform) {
    case 'darwin':
      return 'Electron.app/Contents/MacOS/Electron';
    case 'win32':
      return 'electron.exe';
    default:
      return 'electron';
  }
}

// `npm start`: the app from this checkout, in Electron; where its runtime cannot be had, in an installed Chromium.
// Arguments go to the app: npm start -- --user-data-dir=/tmp/somebody
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleIfStale } from './bundle.ts';
import { electronExecutable, installedElectron } from './electronRuntime.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const mainFile = join(root, 'dist', 'main', 'main.js');
const standIn = join(root, 'test', 'helpers', 'electron-stand-in', 'register.ts');
const INTERRUPTED = 130;

interface Launch {
  command: string;
  args: string[];
}

async function launch(args: readonly string[]): Promise<Launch> {
  if (installedElectron() === undefined) process.stderr.write('Fetching the Electron runtime (once)...\n');
  const electron = await electronExecutable();
  // The folder, not the file: package.json gives the app its name and version.
  if (electron !== undefined) return { command: electron, args: [root, ...args] };
  process.stderr.write('The Electron runtime cannot be downloaded here: Nearplay runs in Chromium instead.\n');
  return { command: process.execPath, args: ['--import', pathToFileURL(standIn).href, mainFile, ...args] };
}

await bundleIfStale();
const { command, args } = await launch(process.argv.slice(2));
const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`Nearplay could not be started: ${error.message}\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => (process.exitCode = signal === null ? (code ?? 1) : INTERRUPTED));

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';

const VERSION_TIMEOUT_MS = 20 * SECOND_MS;
const INSTALL_TIMEOUT_MS = 10 * MINUTE_MS;

export interface InstalledBrowser {
  executablePath: string;
  /** Product name: `Google Chrome`, `Chromium`. */
  name: string;
  /** Version as the browser reports it; empty where it cannot be asked, as on Windows. */
  version: string;
}

/** Properties of the machine that decide which browser is used. */
export interface Machine {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  isRoot: boolean;
  isExecutable: (path: string) => boolean;
  /** Path of playwright's own Chromium, present or not. */
  ownChromium: string;
  /** `ID` and `ID_LIKE` of /etc/os-release; empty elsewhere. */
  distribution: string;
}

interface Candidate {
  name: string;
  path: string;
}

/**
 * The browser that drives the app where Electron is not to be had: the one that `NEARPLAY_BROWSER` names, else an installed Chrome,
 * Edge or Chromium, else playwright's own, else Debian's package, installed on the spot when the user is root there.
 * @throws Error with one line that says what is missing.
 */
export async function findBrowser(machine: Machine = thisMachine()): Promise<InstalledBrowser> {
  const found = installedBrowser(machine) ?? (await installFromDebian(machine));
  if (!found) {
    throw new Error(
      'No browser: install Google Chrome, Microsoft Edge or Chromium, or run `npx playwright install chromium`.',
    );
  }
  return { executablePath: found.path, name: found.name, version: await versionOf(found.path, machine.platform) };
}

/** Whether a window can be shown: on Linux that takes an X11 or a Wayland display. */
export function hasDisplay(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  return platform !== 'linux' || Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
}

/** The first browser of the list that is there. */
export function installedBrowser(machine: Machine): Candidate | undefined {
  const chosen = machine.env['NEARPLAY_BROWSER'];
  const wished = chosen === undefined || chosen === '' ? [] : [{ name: 'Chosen browser', path: chosen }];
  return [...wished, ...candidates(machine)].find(({ path }) => machine.isExecutable(path));
}

function candidates(machine: Machine): Candidate[] {
  const own = { name: 'Chromium of playwright', path: machine.ownChromium };
  return [...installable(machine), own].filter(({ path }) => path !== '');
}

function installable({ platform, env }: Machine): Candidate[] {
  if (platform === 'darwin') {
    const inApplications = (name: string) => ({ name, path: `/Applications/${name}.app/Contents/MacOS/${name}` });
    return ['Google Chrome', 'Microsoft Edge', 'Chromium'].map(inApplications);
  }
  if (platform === 'win32') {
    const folders = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']].filter(
      (folder) => folder !== undefined,
    );
    return folders.flatMap((folder) => [
      { name: 'Google Chrome', path: join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe') },
      { name: 'Microsoft Edge', path: join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe') },
      { name: 'Chromium', path: join(folder, 'Chromium', 'Application', 'chrome.exe') },
    ]);
  }
  const commands: [command: string, name: string][] = [
    ['google-chrome', 'Google Chrome'],
    ['google-chrome-stable', 'Google Chrome'],
    ['microsoft-edge', 'Microsoft Edge'],
    ['chromium', 'Chromium'],
    ['chromium-browser', 'Chromium'],
  ];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return commands.flatMap(([command, name]) => folders.map((folder) => ({ name, path: join(folder, command) })));
}

async function installFromDebian(machine: Machine): Promise<Candidate | undefined> {
  if (machine.platform !== 'linux' || !machine.isRoot || !/\bdebian\b/.test(machine.distribution)) return undefined;
  const apt = (...args: string[]) =>
    promisify(execFile)('apt-get', args, {
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...machine.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', 'chromium');
  } catch {
    return undefined;
  }
  return installedBrowser(machine);
}

async function versionOf(path: string, platform: NodeJS.Platform): Promise<string> {
  if (platform === 'win32') return ''; // `--version` opens a window there.
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: VERSION_TIMEOUT_MS }).catch(() => ({
    stdout: '',
  }));
  return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? '';
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    isExecutable,
    ownChromium: chromium.executablePath(),
    distribution: existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

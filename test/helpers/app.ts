import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MINUTE_MS } from '../../shared/units.ts';
import { electronBinary, launchElectron } from './electronApp.ts';
import type { LaunchedApp } from './launched.ts';
import { launchStandIn } from './standInApp.ts';

export type { LaunchedApp } from './launched.ts';

const BUNDLE_TIMEOUT_MS = 2 * MINUTE_MS;
const root = join(import.meta.dirname, '..', '..');

export interface LaunchOptions {
  /** Main's file; absolute. Default: Nearplay's own, which is bundled when a source has changed since. */
  main?: string;
  /** Kept when it is named; without, a temporary folder that `close` removes. Absolute. */
  userData?: string;
  /** Added to this process's environment. */
  env?: NodeJS.ProcessEnv;
  args?: readonly string[];
  /** Default: true. The stand-in has a window only where there is a display; Electron always has one. */
  headless?: boolean;
  /** `stand-in` even where Electron is there. */
  runtime?: 'stand-in';
}

/**
 * Starts the app in Electron, or in the stand-in where Electron's binary is missing. `close` must be called in every
 * case; a test that dies without it takes the app and its browser with it.
 */
export async function launchApp(options: LaunchOptions = {}): Promise<LaunchedApp> {
  const main = options.main ?? (await bundledMain());
  const userData = options.userData ?? (await mkdtemp(join(tmpdir(), 'nearplay-')));
  const removeProfile = async () => {
    if (options.userData === undefined) await rm(userData, { recursive: true, force: true, maxRetries: 5 });
  };
  const { env = {}, args = [], headless = true } = options;
  const plan = { main, userData, env, args, headless };
  const binary = options.runtime === 'stand-in' ? undefined : electronBinary({ ...process.env, ...env });
  try {
    const app = await (binary === undefined ? launchStandIn(plan) : launchElectron(binary, plan));
    return { ...app, close: () => app.close().finally(removeProfile) };
  } catch (error) {
    await removeProfile();
    throw error;
  }
}

/** A process of its own: the bundler's memory is given back, and this file does not depend on the build. */
async function bundledMain(): Promise<string> {
  const bundle = join(root, 'build', 'bundle.ts');
  await promisify(execFile)(process.execPath, [bundle, '--if-stale'], { cwd: root, timeout: BUNDLE_TIMEOUT_MS });
  return join(root, 'dist', 'main', 'main.js');
}

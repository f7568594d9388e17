import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { DAY_MS } from '../../shared/units.ts';
import { cliStateFolder } from '../services/runtime/paths.ts';
import { VERSION } from './version.ts';

/** Below the command line's own folder: a folder for each version of Nearplay. */
const FOLDER = 'compiled-code';
/** How long the compiled code of another version is kept, from its first start on. */
const KEPT_MS = 30 * DAY_MS;
/** Permission to write for the group and for others (chmod(2)). */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Keeps V8's compiled code of what is loaded from now on for the next start, which is then shorter. Never
 * fails: where the folder cannot be used, or Node is older than 22.8, code is compiled at each start.
 *
 * Who can write to the folder decides what this user's commands execute. So it lies in this user's own folder, and is
 * used only while no other user can write to either.
 */
export function keepCompiledCode(): void {
  if (!('enableCompileCache' in nodeModule)) return;
  try {
    const { env, platform } = process;
    const home = cliStateFolder(platform, env);
    // Windows has no permission bits to look at: there only the folder below the user's profile is known to be private.
    if (platform === 'win32' && env['NEARPLAY_HOME'] !== undefined) return;
    const all = join(home, FOLDER);
    const own = join(all, VERSION);
    const isNew = mkdirSync(own, { recursive: true, mode: 0o700 }) !== undefined;
    if (![home, all, own].every(isPrivate)) return;
    if (isNew) removeOthers(all);
    nodeModule.enableCompileCache(own);
  } catch {
    // An optimisation: the command itself says what is wrong with its folder, where that matters.
  }
}

function isPrivate(folder: string): boolean {
  const found = lstatSync(folder);
  const isOurs = process.geteuid === undefined || found.uid === process.geteuid();
  return found.isDirectory() && isOurs && (process.platform === 'win32' || (found.mode & WRITABLE_BY_OTHERS) === 0);
}

/** Removes the compiled code of versions that are no longer in use, here or on another machine with the same home. */
function removeOthers(all: string): void {
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    const isOld = Date.now() - lstatSync(folder).mtimeMs > KEPT_MS;
    if (name !== VERSION && isOld) rmSync(folder, { recursive: true, force: true });
  }
}

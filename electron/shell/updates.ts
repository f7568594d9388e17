import { join } from 'node:path';
import { HOUR_MS } from '../../shared/units.ts';
import { readSmallFileSync } from '../services/files/smallFile.ts';
import type { Log } from '../services/runtime/log.ts';
import type { Policy } from './policy.ts';

const CHECK_INTERVAL_MS = 6 * HOUR_MS;

export interface UpdateSurroundings {
  isPackaged: boolean;
  platform: NodeJS.Platform;
  /** The folder that holds app-update.yml when IT's build named a feed; absolute. */
  resourcesPath: string;
  policy: Policy;
  log: Log;
}

/** The parts of electron-updater that are used here. */
export interface Updater {
  checkForUpdatesAndNotify(): Promise<unknown>;
}

/**
 * Whether the app may update itself: only where the build names a feed (docs/it.md) and IT's policy allows it. A feed
 * over plain http, or one that this system cannot verify, is refused.
 */
export function mayUpdate({ isPackaged, platform, resourcesPath, policy, log }: UpdateSurroundings): boolean {
  if (!isPackaged || policy.updates !== 'on') return false;
  const feed = readFeed(join(resourcesPath, 'app-update.yml'));
  if (feed === undefined) return false;
  const problem = problemOf(feed, platform);
  if (problem !== undefined) log.error('Updates are off', { problem });
  return problem === undefined;
}

function readFeed(file: string): string | undefined {
  const { bytes } = readSmallFileSync(file);
  return bytes && Buffer.from(bytes).toString('utf8');
}

/**
 * Why a feed is refused; `undefined` for a usable one. electron-builder writes flat lines of `name: value`: another
 * form has another origin. electron-updater verifies updates on Windows only where the feed names a publisher; macOS
 * verifies them itself; on Linux they are not verified.
 */
function problemOf(feed: string, platform: NodeJS.Platform): string | undefined {
  if (platform !== 'win32' && platform !== 'darwin') return 'Updates of this system cannot be verified.';
  const lines = feed.split(/\r?\n/).filter((line) => line.trim() !== '');
  const entries = lines.map((line) => /^(?:([A-Za-z]+):(?: (.*))?|\s*- .*)$/.exec(line));
  if (entries.includes(null)) return 'The feed cannot be understood.';
  const valuesOf = (name: string) =>
    entries.flatMap((entry) => (entry?.[1] === name ? [unquoted(entry[2] ?? '')] : []));
  const isHttps = (url: string) => URL.canParse(url) && new URL(url).protocol === 'https:';
  const [provider, ...others] = valuesOf('provider');
  const urls = [...valuesOf('url'), ...valuesOf('endpoint')];
  const isKnown = others.length === 0 && (provider === 's3' || (provider === 'generic' && urls.length === 1));
  if (!isKnown) return 'The feed cannot be understood.';
  if (!urls.every(isHttps)) return 'The feed is not served over https.';
  if (platform === 'win32' && valuesOf('publisherName').length !== 1) return 'The feed names no publisher to verify.';
  return undefined;
}

function unquoted(value: string): string {
  return value.trim().replace(/^(['"])(.*)\1$/, '$2');
}

/**
 * Checks for an update now and every six hours; it is installed on quit. Returns a function that ends the checks.
 * electron-updater is loaded only when updates are allowed.
 */
export function startUpdates(surroundings: UpdateSurroundings, load: () => Promise<Updater>): () => void {
  if (!mayUpdate(surroundings)) return () => undefined;
  const check = async () => {
    try {
      await (await load()).checkForUpdatesAndNotify();
    } catch (error) {
      surroundings.log.warn('Update check failed', { error });
    }
  };
  void check();
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}

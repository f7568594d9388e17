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

/** What this file needs of electron-updater. */
export interface Updater {
  checkForUpdatesAndNotify(): Promise<unknown>;
}

/**
 * Updates are off unless the build names a feed (docs/it.md), and whenever IT's policy says so. Whatever the build says, none
 * is taken that comes over plain http or that this system would not verify.
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
 * Why no update may be taken from a feed; `undefined` for one that may be used. electron-builder writes flat lines of
 * `name: value`: what looks otherwise was written by something else. electron-updater verifies an update of Windows only
 * where the feed names a publisher, macOS does by itself, and on Linux nothing is verified.
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
 * Looks for an update now and every six hours; it is installed when the user quits. Returns the function that ends it.
 * electron-updater is loaded only when it is allowed to act.
 */
export function startUpdates(surroundings: UpdateSurroundings, load: () => Promise<Updater>): () => void {
  if (!mayUpdate(surroundings)) return () => undefined;
  const check = async () => {
    try {
      await (await load()).checkForUpdatesAndNotify();
    } catch (error) {
      surroundings.log.warn('Looking for an update failed', { error });
    }
  };
  void check();
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}

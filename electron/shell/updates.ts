import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../services/contract.ts';
import type { Policy } from './policy.ts';

const HOUR = 3_600_000;
const CHECK_EVERY = 6 * HOUR;

export interface UpdateSurroundings {
  isPackaged: boolean;
  /** The folder that holds app-update.yml when IT's build named a feed; absolute. */
  resourcesPath: string;
  policy: Policy;
  log: Log;
}

/** What this file needs of electron-updater. */
export interface Updater {
  checkForUpdatesAndNotify(): Promise<unknown>;
}

/** Updates are off unless the build names a feed (docs/it.md), and whenever IT's policy says so. */
export function mayUpdate({ isPackaged, resourcesPath, policy }: Omit<UpdateSurroundings, 'log'>): boolean {
  return isPackaged && policy.updates === 'on' && existsSync(join(resourcesPath, 'app-update.yml'));
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
  const timer = setInterval(() => void check(), CHECK_EVERY);
  return () => clearInterval(timer);
}

import type { Bootstrap } from '../../shared/bootstrap.ts';
import { DEFAULT_SETTINGS } from '../../shared/settings.ts';
import { thePreferences } from './preferences.ts';

/** What main answers at the start on a machine that has preferences, is signed in and has done nothing yet, but for the patch. */
export function aBootstrap(patch: Partial<Bootstrap> = {}): Bootstrap {
  return {
    version: '1.0.0',
    platform: 'linux',
    runtime: 'test',
    settings: DEFAULT_SETTINGS,
    preferences: { document: thePreferences(), origin: null, findings: [] },
    credentials: { source: 'environment', profiles: [] },
    reading: null,
    transfers: {
      files: { waiting: 0, running: 0, paused: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 },
      size: 0,
      sent: 0,
      bytesPerSecond: 0,
    },
    watchFolders: [],
    ...patch,
  };
}

import { mkdir } from 'node:fs/promises';
import { type Application, createServices } from '../services/application.ts';
import { foreignOwner, managedFiles } from '../services/files/managedFile.ts';
import { settingsInMemory } from '../services/preferences/settingsStore.ts';
import { createLog, SILENT } from '../services/runtime/log.ts';
import { thisMachine } from '../services/runtime/machine.ts';
import { cliStateFolder } from '../services/runtime/paths.ts';
import type { ConflictPolicy } from '../services/transfers/journal/uploadRecord.ts';
import { assertChoice } from './offline.ts';
import { Sessions } from './sessions.ts';
import { type CliSurroundings, type CommandContext, type CommonOptions, namedPreferences } from './surroundings.ts';

export interface ServiceNeeds extends CommonOptions {
  readFrom?: string;
  /** The address to be taken for, instead of this machine's own. */
  ip?: string;
  onConflict?: ConflictPolicy;
  /** Bytes a second. */
  limitRate?: number;
  /** Whether the work needs a route, and so this machine's public address. */
  needsRoute?: boolean;
}

/** Where the command line keeps what must survive it. */
export function stateFolder({ env, platform }: CliSurroundings): string {
  return env['NEARPLAY_HOME'] ?? cliStateFolder(platform, env);
}

/** Of the main storage: keys are below it. */
export function prefixOf(services: Application): string {
  const { preferences, clients } = services.studio();
  return clients.configurationOf(preferences.mainStorage).prefix;
}

/** The sessions of the command line on this computer, and on others that share its home. */
export async function sessionsOf(surroundings: CliSurroundings): Promise<Sessions> {
  return new Sessions({ home: stateFolder(surroundings), machine: surroundings.machine ?? (await thisMachine()) });
}

/**
 * Runs `work` with the services of the app, made for one command and stopped after it. Uploads that are unfinished then can be
 * taken over by another run.
 *
 * @throws NearplayError no-preferences, preferences-invalid, and whatever the work throws
 */
export async function withServices<Result>(
  needs: ServiceNeeds,
  { surroundings }: CommandContext,
  work: (services: Application) => Promise<Result>,
): Promise<Result> {
  const { env, platform, now } = surroundings;
  const userDataFolder = stateFolder(surroundings);
  await mkdir(userDataFolder, { recursive: true, mode: 0o700 });
  const session = await (await sessionsOf(surroundings)).begin();
  const file = namedPreferences(needs.preferences, surroundings);
  const log = env['NEARPLAY_LOG'] ? createLog(surroundings.stderr, now) : SILENT;
  const services = createServices({
    userDataFolder,
    journalFolder: session.folder,
    settings: settingsInMemory({
      ...{ profile: needs.profile ?? null, readFrom: needs.readFrom ?? null },
      ...(needs.limitRate !== undefined && { bandwidth: { bytesPerSecond: needs.limitRate, hours: [] } }),
    }),
    env,
    managedPreferencesFile: managedFiles(platform).preferences,
    foreignManagedFile: (managed) => foreignOwner(managed, log),
    ...(file !== undefined && { commandLinePreferences: file }),
    ...(needs.ip !== undefined && { givenAddress: needs.ip }),
    ...(needs.onConflict && { onConflict: needs.onConflict }),
    log,
    now,
    version: '',
    platform,
    runtime: 'terminal',
  });
  try {
    await services.start();
    const { preferences } = services.studio();
    if (needs.readFrom !== undefined) assertChoice(preferences, needs.readFrom);
    const automatic = (needs.readFrom ?? preferences.defaults.readFrom) === 'auto';
    // A window shows media at once and corrects itself; a command answers once, so it waits, for two seconds at most.
    if (needs.needsRoute && automatic && needs.ip === undefined) await services.addresses.refresh();
    return await work(services);
  } finally {
    await services.stop();
    await session.end();
  }
}

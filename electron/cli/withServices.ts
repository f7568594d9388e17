import { join } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import { type Application, createServices } from '../services/application.ts';
import { explainFileError } from '../services/files/fileErrors.ts';
import { foreignOwner, managedFiles } from '../services/files/managedFile.ts';
import { settingsInMemory } from '../services/preferences/settingsStore.ts';
import { orCancelled } from '../services/runtime/async.ts';
import { createLog, SILENT } from '../services/runtime/log.ts';
import { thisMachine } from '../services/runtime/machine.ts';
import { cliStateFolder } from '../services/runtime/paths.ts';
import type { ConflictPolicy } from '../services/transfers/journal/uploadRecord.ts';
import { assertChoice } from './offline.ts';
import { type OwnSession, Sessions } from './sessions.ts';
import { type CliSurroundings, type CommandContext, type CommonOptions, namedPreferences } from './surroundings.ts';

export interface ServiceNeeds extends CommonOptions {
  readFrom?: string;
  /** The address to use instead of this machine's own. */
  ip?: string;
  onConflict?: ConflictPolicy;
  /** Bytes a second. */
  limitRate?: number;
  /** Whether the work needs a route, and so this machine's public address. */
  needsRoute?: boolean;
  /** Whether it needs no folder of its own: commands that only read keep no state. */
  keepsNothing?: boolean;
  /** Whether Ctrl+C ends it at once: it only reads and prints, so that nothing has to be left in order. */
  endsAtOnce?: boolean;
}

/** Folder of the command line's persistent state. */
export function stateFolder({ env, platform }: CliSurroundings): string {
  return cliStateFolder(platform, env);
}

/** Prefix of the main storage; keys are relative to it. */
export function prefixOf(services: Application): string {
  const { preferences, clients } = services.studio();
  return clients.configurationOf(preferences.mainStorage).prefix;
}

/** What keeps Nearplay's own folder from being used. */
export function homeUnusable(error: unknown, home: string): NearplayError {
  const { code, message, detail } = explainFileError(error, { path: home, doing: 'write' });
  const own = `Nearplay cannot use its own folder "${home}". ${message} NEARPLAY_HOME names another folder.`;
  return new NearplayError(code, own, { cause: error, detail });
}

/** Sessions of the command line on this computer, and on others with the same home. */
export async function sessionsOf(surroundings: CliSurroundings): Promise<Sessions> {
  return new Sessions({ home: stateFolder(surroundings), machine: surroundings.machine ?? (await thisMachine()) });
}

/**
 * Runs `work` with the services of the app, created for one command and stopped after it. Unfinished uploads can then
 * be adopted by another session.
 *
 * @throws NearplayError no-preferences, preferences-invalid, and the errors of `work`
 */
export async function withServices<Result>(
  needs: ServiceNeeds,
  { surroundings }: CommandContext,
  work: (services: Application) => Promise<Result>,
): Promise<Result> {
  const { env, platform, now } = surroundings;
  const userDataFolder = stateFolder(surroundings);
  const session = await ownSession(surroundings, needs.keepsNothing === true);
  const file = namedPreferences(needs.preferences, surroundings);
  const log = env['NEARPLAY_LOG'] ? createLog(surroundings.stderr, now) : SILENT;
  const services = createServices({
    userDataFolder,
    // Without a session there is none: nothing that others left is taken up.
    journalFolder: session?.folder ?? join(userDataFolder, 'no-session'),
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
    hasWindow: false,
  });
  try {
    // Side by side: the disk writes the session's folder while preferences are read.
    const starting = Promise.allSettled([session?.begun, services.start()]);
    const [begun, started] = await orCancelled(starting, surroundings.signal);
    if (begun.status === 'rejected') throw homeUnusable(begun.reason, userDataFolder);
    if (started.status === 'rejected') throw started.reason;
    const { preferences } = services.studio();
    if (needs.readFrom !== undefined) assertChoice(preferences, needs.readFrom);
    const automatic = (needs.readFrom ?? preferences.defaults.readFrom) === 'auto';
    // A window shows media at once and corrects itself; a command answers once, so it waits, two seconds at most.
    if (needs.needsRoute && automatic && needs.ip === undefined) {
      await orCancelled(services.addresses.refresh(), surroundings.signal);
    }
    const result = work(services);
    return await (needs.endsAtOnce === true ? orCancelled(result, surroundings.signal) : result);
  } finally {
    await services.stop();
    await session?.end();
  }
}

/** @returns nothing where the folder cannot be used and nothing has to be kept. @throws NearplayError as `homeUnusable` */
async function ownSession(surroundings: CliSurroundings, keepsNothing: boolean): Promise<OwnSession | undefined> {
  const home = stateFolder(surroundings);
  const sessions = await sessionsOf(surroundings);
  try {
    const session = await sessions.begin();
    if (keepsNothing) await session.begun;
    return session;
  } catch (error) {
    if (keepsNothing) return undefined;
    throw homeUnusable(error, home);
  }
}

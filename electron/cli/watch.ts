import { createHash } from 'node:crypto';
import { access, mkdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import { typedFolder } from '../../shared/keys.ts';
import type { WatchFolderStatus } from '../../shared/uploads.ts';
import type { Application } from '../services/application.ts';
import { SILENT } from '../services/runtime/log.ts';
import { WATCH_FOLDER_TIMING, WatchFolder } from '../services/watchFolders/watchFolder.ts';
import { WatchFolderLog } from '../services/watchFolders/watchFolderLog.ts';
import { LeftOutReports } from './leftOutReports.ts';
import { reportStorageNotes } from './storageNotes.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';
import { UnfinishedUploads } from './unfinishedUploads.ts';
import { UploadReports } from './uploadReports.ts';
import { Waits } from './waits.ts';
import { homeUnusable, sessionsOf, stateFolder, withServices } from './withServices.ts';

export interface WatchOptions extends CommonOptions {
  /** Whether existing files are uploaded too. */
  existing?: boolean;
  /** Bytes a second. */
  limitRate?: number;
  /** Minutes without progress after which it ends; default: never, since new files may appear at any time. */
  wait?: number;
}

/** `nearplay watch`: uploads new files of a folder until Ctrl+C; uploaded files are remembered for the next time. */
export async function watchCommand(
  path: string,
  typed: string,
  options: WatchOptions,
  context: CommandContext,
): Promise<number> {
  const { surroundings } = context;
  const local = resolve(surroundings.cwd, path);
  const found = await stat(local).catch(() => undefined);
  if (!found?.isDirectory()) throw new NearplayError('bad-request', `"${local}" is not a folder that can be read.`);
  return withServices({ ...options, onConflict: 'ask' }, context, async (services) => {
    const { preferences, clients } = services.studio();
    const folder = typedFolder(typed.normalize('NFC'), clients.configurationOf(preferences.mainStorage).prefix);
    await resumeUnfinished(services, local, folder, context);
    const { folderLog, isNew } = await openLog(services, local, folder, stateFolder(surroundings));
    const reports = new UploadReports(context, false);
    const leftOut = new LeftOutReports(context);
    const waits = new Waits({
      ...{ context, ...(options.wait !== undefined && { minutes: options.wait }) },
      awaitsCredentials: () => services.awaitsCredentials(),
    });
    const folderChanged = ({ state, error }: WatchFolderStatus) => {
      const itself = { id: 'the folder', key: local, sent: 0, confirmed: 0 };
      if (state === 'unreachable') {
        waits.changed([{ ...itself, state: 'blocked', blockedFor: 'folder', ...(error && { error }) }]);
      } else if (isAway) waits.changed([{ ...itself, state: 'done' }]);
      isAway = state === 'unreachable';
    };
    let isAway = false;
    const watched: WatchFolder = new WatchFolder({
      entry: { id: 'terminal', path: local, folder, paused: false },
      ...{ folderLog, queue: services.uploads, log: SILENT, timing: WATCH_FOLDER_TIMING },
      leftOut: (one) => leftOut.add(one),
      changed: () => folderChanged(watched.status()),
    });
    reportStorageNotes(services, context);
    const unsubscribe = services.on('transfersChanged', ({ changed, removed }) => {
      reports.report(changed);
      waits.changed(changed);
      watched.transfersChanged(changed.flatMap(({ id }) => services.uploads.find(id) ?? []));
      watched.transfersRemoved(removed);
    });
    try {
      if (isNew && options.existing !== true) await watched.skipExisting();
      watched.start();
      await Promise.race([untilAborted(surroundings.signal), waits.ended]);
    } finally {
      waits.stop();
      unsubscribe();
      await watched.stop();
      await folderLog.close();
    }
    return watched.status().state === 'unreachable' ? 1 : 0;
  });
}

/** Resumes unfinished uploads of an earlier watch of this folder. */
async function resumeUnfinished(
  services: Application,
  local: string,
  folder: string,
  { surroundings }: CommandContext,
): Promise<void> {
  const left = await UnfinishedUploads.find(services, await sessionsOf(surroundings));
  const inside = local.endsWith(sep) ? local : local + sep;
  await left.resume(
    left.all().filter(({ record }) => record.path.startsWith(inside) && record.wanted.startsWith(folder)),
  );
}

/** One log for each pair of folders and bucket. */
async function openLog(services: Application, local: string, folder: string, home: string) {
  const { preferences, clients } = services.studio();
  const { bucket, prefix } = clients.configurationOf(preferences.mainStorage);
  // Without the closing slash, as in logs from before folders were normalised.
  const place = [local, folder.replace(/\/$/, ''), bucket, prefix].join('\n');
  const name = createHash('sha256').update(place).digest('hex').slice(0, 32);
  const file = join(home, 'watch', `${name}.jsonl`);
  try {
    await mkdir(join(home, 'watch'), { recursive: true, mode: 0o700 });
    const isNew = await access(file).then(
      () => false,
      () => true,
    );
    return { folderLog: await WatchFolderLog.open(file), isNew };
  } catch (error) {
    throw homeUnusable(error, home);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

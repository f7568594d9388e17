import { resolve } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import { typedFolder, typedKey } from '../../shared/keys.ts';
import type { Application } from '../services/application.ts';
import { findFiles } from '../services/transfers/folderWalk.ts';
import { replaceFile } from '../services/transfers/journal.ts';
import type { ConflictPolicy } from '../services/transfers/transferRecord.ts';
import { askAboutConflicts } from './conflictQuestions.ts';
import { LeftUploads } from './leftUploads.ts';
import { leftRuns } from './runs.ts';
import { complain, type CommandContext, type CommonOptions } from './surroundings.ts';
import { UploadReports } from './uploadReports.ts';
import { homeOf, withServices } from './withServices.ts';

const STOPPED = 'Stopped. The same command goes on where it was; "nearplay uploads" lists what is unfinished.';

export interface UploadOptions extends CommonOptions {
  to: string;
  onConflict: ConflictPolicy;
  /** Bytes a second. */
  limitRate?: number;
  /** A file for the receipts of what arrived. */
  receipts?: string;
}

/** `nearplay upload`: resolves to the exit code, 0 when every file arrived (or was left out as asked). */
export async function uploadCommand(paths: string[], options: UploadOptions, context: CommandContext): Promise<number> {
  const { surroundings } = context;
  const { cwd } = surroundings;
  return withServices(options, context, async (services) => {
    if (paths.includes('-')) return uploadStream(services, paths, options, context);
    const whole = paths.map((path) => resolve(cwd, path));
    const code = await toTheEnd(services, context, options.onConflict, () =>
      queueAll(services, whole, options, context),
    );
    if (options.receipts !== undefined) await saveReceipts(services, resolve(cwd, options.receipts));
    return code;
  });
}

/** `nearplay uploads`: what runs have left unfinished. */
export async function uploadsCommand(context: CommandContext): Promise<void> {
  const runs = await leftRuns(homeOf(context.surroundings));
  for (const { path, key, size, confirmed, state } of runs.flatMap(({ records }) => records)) {
    // It cannot go on; the next run removes what is left of it.
    if (path === '-' || state === 'cancelled' || state === 'done' || state === 'skipped') continue;
    context.print({ path, key, size, confirmed }, `${path} → ${key} (${confirmed} of ${size} bytes)`);
  }
}

/** `nearplay uploads resume`: goes on with all of it; resolves to the exit code, as an upload does. */
export function resumeCommand(options: CommonOptions, context: CommandContext): Promise<number> {
  return withServices(options, context, async (services) => {
    const left = await LeftUploads.find(services, homeOf(context.surroundings));
    return toTheEnd(services, context, 'ask', () => left.goOnWith(left.all()));
  });
}

/** `nearplay uploads cancel`: gives all of it up; its parts leave the storage. */
export function giveUpCommand(options: CommonOptions, context: CommandContext): Promise<number> {
  return withServices(options, context, async (services) => {
    const left = await LeftUploads.find(services, homeOf(context.surroundings));
    const ids = await left.goOnWith(left.all(), { paused: true });
    services.uploads.cancel(ids);
    await services.uploads.finished();
    context.print({ cancelled: ids.length }, `${ids.length} uploads given up`);
    return 0;
  });
}

/** Files of the same path and destination that a run left unfinished go on; all others begin. Resolves to their ids. */
async function queueAll(
  services: Application,
  paths: readonly string[],
  { to, onConflict }: UploadOptions,
  context: CommandContext,
): Promise<string[]> {
  const { surroundings } = context;
  const left = await LeftUploads.find(services, homeOf(surroundings));
  const below = typedFolder(to, prefixOf(services));
  const unreadable = (path: string) =>
    complain(context, 'file-unreadable', `"${path}" cannot be read and was left out.`);
  const ids: string[] = [];
  for await (const files of findFiles(paths, unreadable)) {
    if (surroundings.signal.aborted) break;
    const known = files.flatMap((file) => left.at(file.path, below + file.name) ?? []);
    const taken = await left.goOnWith(known, { policy: onConflict });
    const goOn = new Set(known.flatMap(({ record }) => (taken.includes(record.id) ? [record.path] : [])));
    const others = files.filter(({ path }) => !goOn.has(path));
    ids.push(...taken);
    ids.push(
      ...(await services.uploads.addFiles(others.map((file) => ({ file, key: below + file.name, onConflict })))),
    );
  }
  if (ids.length === 0 && !surroundings.signal.aborted) {
    throw new NearplayError('bad-request', 'There was no file to upload.');
  }
  return ids;
}

/** Waits for what was queued and tells of each; resolves to the exit code. After Ctrl+C, what is unfinished is kept. */
async function toTheEnd(
  services: Application,
  context: CommandContext,
  onConflict: ConflictPolicy,
  queue: () => Promise<string[]>,
): Promise<number> {
  const { signal } = context.surroundings;
  const { uploads } = services;
  const reports = new UploadReports(context, onConflict === 'ask');
  services.on('transfers-changed', ({ changed }) => reports.tell(changed));
  const stopped = new Promise<'stopped'>((stop) => {
    signal.addEventListener('abort', () => stop('stopped'), { once: true });
  });
  const ids = await queue();
  if (signal.aborted) throw new NearplayError('cancelled', STOPPED);
  do {
    const end = await Promise.race([uploads.finished(), stopped]);
    if (end === 'stopped') throw new NearplayError('cancelled', STOPPED);
  } while (await askAboutConflicts(uploads, context));
  const ours = ids.flatMap((id) => uploads.find(id) ?? []);
  reports.tellAll(ours);
  // What waits for an answer that nobody gives leaves nothing behind in the storage.
  uploads.cancel(ours.filter(({ blockedFor }) => blockedFor === 'conflict').map(({ id }) => id));
  return ours.every(({ state }) => state === 'done' || state === 'skipped') ? 0 : 1;
}

function prefixOf(services: Application): string {
  const { preferences, clients } = services.studio();
  return clients.configurationOf(preferences.mainStorage).prefix;
}

async function saveReceipts({ uploads }: Application, file: string): Promise<void> {
  await replaceFile(file, `${JSON.stringify(uploads.receipts(), undefined, 2)}\n`);
}

/** `nearplay upload - --to folder/name.ext`: what a program writes, as it comes. */
async function uploadStream(
  services: Application,
  paths: readonly string[],
  { to, onConflict, receipts }: UploadOptions,
  context: CommandContext,
): Promise<number> {
  const { stdin, cwd } = context.surroundings;
  if (paths.length > 1 || to === '' || to.endsWith('/') || !stdin) {
    const message = 'Name the file that "-" becomes: nearplay upload - --to FOLDER/NAME';
    throw new NearplayError('bad-request', message);
  }
  const key = typedKey(to, prefixOf(services));
  const transfer = await services.uploads.addStream(key, stdin, { onConflict });
  new UploadReports(context, false).tellAll([transfer]);
  if (receipts !== undefined) await saveReceipts(services, resolve(cwd, receipts));
  return transfer.state === 'done' || transfer.state === 'skipped' ? 0 : 1;
}

import { resolve } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import { typedFolder } from '../../shared/keys.ts';
import type { Application } from '../services/application.ts';
import { findFiles } from '../services/files/findFiles.ts';
import type { ConflictPolicy } from '../services/transfers/journal/uploadRecord.ts';
import { askAboutConflicts } from './conflictQuestions.ts';
import { LeftOutReports } from './leftOutReports.ts';
import { receiptsFileOf } from './receiptsFile.ts';
import { reportStorageNotes } from './storageNotes.ts';
import { type CommandContext, type CommonOptions, reportError } from './surroundings.ts';
import { UnfinishedUploads } from './unfinishedUploads.ts';
import { UploadReports } from './uploadReports.ts';
import { statInput, uploadStream } from './uploadStream.ts';
import { watchWaits } from './uploadWaits.ts';
import { prefixOf, sessionsOf, withServices } from './withServices.ts';

const STOPPED = 'Stopped. The same command goes on where it was; "nearplay uploads" lists what is unfinished.';

export interface WaitingOptions extends CommonOptions {
  /** Minutes without progress after which a wait ends the command. */
  wait?: number;
}

export interface UploadOptions extends WaitingOptions {
  to: string;
  onConflict: ConflictPolicy;
  /** Bytes a second. */
  limitRate?: number;
  /** A file for the receipts of what arrived. */
  receipts?: string;
  /** What comes in may be nothing at all. */
  allowEmpty?: boolean;
}

/** `nearplay upload`: resolves to the exit code, 0 when all that was chosen arrived (or is skipped as asked). */
export async function uploadCommand(paths: string[], options: UploadOptions, context: CommandContext): Promise<number> {
  const { surroundings } = context;
  const { cwd } = surroundings;
  const isStream = paths.includes('-');
  const whole = isStream ? [] : paths.map((path) => resolve(cwd, path));
  const receipts = receiptsFileOf(options.receipts, context);
  await receipts?.assertUsable(whole, isStream ? await statInput(surroundings) : undefined);
  return withServices(options, context, async (services) => {
    const leftOut = new LeftOutReports(context);
    const code = isStream
      ? await uploadStream(services, paths, options, context)
      : await toTheEnd(services, context, { ...options, asks: options.onConflict === 'ask' }, () =>
          queueAll(services, whole, options, context, leftOut),
        );
    const isSaved = (await receipts?.save(services.uploads.receipts(), context)) ?? true;
    return isSaved && leftOut.count === 0 ? code : 1;
  });
}

/** `nearplay uploads`: what sessions have left unfinished, and which sessions are at work. Changes nothing. */
export async function uploadsCommand(context: CommandContext): Promise<void> {
  const sessions = await sessionsOf(context.surroundings);
  for (const { host, pid, startedAt } of await sessions.atWork()) {
    context.print({ session: { host, pid, startedAt } }, `At work on ${host} since ${startedAt} (process ${pid})`);
  }
  const abandoned = await sessions.abandoned();
  reportSetAside(
    abandoned.flatMap(({ setAside }) => setAside),
    context,
  );
  for (const { path, key, size, confirmed, state } of abandoned.flatMap(({ records }) => records)) {
    // It cannot go on; the next upload removes what is left of it.
    if (path === '-' || state === 'cancelled' || state === 'done' || state === 'skipped') continue;
    context.print({ path, key, size, confirmed }, `${path} → ${key} (${confirmed} of ${size} bytes)`);
  }
}

/** `nearplay uploads resume`: goes on with all of it; resolves to the exit code, as an upload does. */
export function resumeCommand(options: WaitingOptions, context: CommandContext): Promise<number> {
  return withServices(options, context, async (services) => {
    const left = await UnfinishedUploads.find(services, await sessionsOf(context.surroundings));
    return toTheEnd(services, context, { ...options, asks: true }, () => left.goOnWith(left.all()));
  });
}

/** `nearplay uploads cancel`: gives all of it up; its parts leave the storage. */
export function giveUpCommand(options: WaitingOptions, context: CommandContext): Promise<number> {
  return withServices(options, context, async (services) => {
    const left = await UnfinishedUploads.find(services, await sessionsOf(context.surroundings));
    const ids = await left.goOnWith(left.all(), { paused: true });
    const waits = watchWaits(services, context, options);
    try {
      services.uploads.cancel(ids);
      await Promise.race([services.uploads.finished(), waits.ended, stoppedBy(context)]);
    } finally {
      waits.stop();
    }
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
  leftOut: LeftOutReports,
): Promise<string[]> {
  const { surroundings } = context;
  const { signal } = surroundings;
  const left = await UnfinishedUploads.find(services, await sessionsOf(surroundings));
  reportSetAside(left.setAside, context);
  const below = typedFolder(to, prefixOf(services));
  const claims = new Map<string, string>();
  const ids: string[] = [];
  const found = findFiles(paths, { leftOut: (one) => leftOut.add(one), signal });
  for await (const files of endedBy(signal, found)) {
    const known = files.flatMap((file) => left.at(file.path, below + file.name) ?? []);
    const taken = await left.goOnWith(known, { policy: onConflict });
    const goOn = new Set(known.flatMap(({ record }) => (taken.includes(record.id) ? [record.path] : [])));
    const others = files.filter(({ path }) => !goOn.has(path));
    ids.push(...taken);
    for (const { record } of known) if (goOn.has(record.path)) claims.set(record.wanted, record.path);
    const adding = others.map((file) => ({ file, key: below + file.name, onConflict }));
    ids.push(...(await services.uploads.addFiles(adding, claims)));
  }
  leftOut.reportRest();
  if (ids.length === 0 && !signal.aborted) {
    throw new NearplayError('bad-request', 'There was no file to upload.');
  }
  return ids;
}

/** Of earlier sessions; nothing of it is lost. */
function reportSetAside(files: readonly string[], context: CommandContext): void {
  for (const file of files) {
    reportError(
      context,
      'file-unreadable',
      `Uploads of an earlier session could not be read. They are kept in "${file}".`,
    );
  }
}

/** Quietly: what was found until then counts. */
async function* endedBy<Item>(signal: AbortSignal, items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  try {
    for await (const item of items) {
      if (signal.aborted) return;
      yield item;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Waits for what was queued and tells of each; resolves to the exit code. After Ctrl+C, what is unfinished is kept. */
async function toTheEnd(
  services: Application,
  context: CommandContext,
  { asks, wait }: { asks: boolean; wait?: number | undefined },
  queue: () => Promise<string[]>,
): Promise<number> {
  const { uploads } = services;
  const reports = new UploadReports(context, asks);
  services.on('transfersChanged', ({ changed }) => reports.report(changed));
  reportStorageNotes(services, context);
  const stopped = stoppedBy(context);
  stopped.catch(() => undefined);
  const ids = await queue();
  if (context.surroundings.signal.aborted) await stopped;
  const waits = watchWaits(services, context, { wait });
  try {
    do {
      await Promise.race([uploads.finished(), waits.ended, stopped]);
    } while (await askAboutConflicts(uploads, context));
  } finally {
    waits.stop();
  }
  const ours = ids.flatMap((id) => uploads.find(id) ?? []);
  reports.reportAll(ours);
  // What waits for an answer that nobody gives leaves nothing behind in the storage.
  uploads.cancel(ours.filter(({ blockedFor }) => blockedFor === 'conflict').map(({ id }) => id));
  return ours.every(({ state }) => state === 'done' || state === 'skipped') ? 0 : 1;
}

/** Rejects with `cancelled` at Ctrl+C. */
function stoppedBy({ surroundings: { signal } }: CommandContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new NearplayError('cancelled', STOPPED));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

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
import { type CommandContext, type CommonOptions, report, reportError } from './surroundings.ts';
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
  /** File for the receipts. */
  receipts?: string;
  /** Accept an empty input. */
  allowEmpty?: boolean;
}

/** `nearplay upload`: resolves to the exit code, 0 when all files were uploaded (or skipped on request). */
export async function uploadCommand(paths: string[], options: UploadOptions, context: CommandContext): Promise<number> {
  const { surroundings } = context;
  const { cwd } = surroundings;
  const isStream = paths.includes('-');
  const whole = isStream ? [] : paths.map((path) => resolve(cwd, path));
  const receipts = receiptsFileOf(options.receipts, context);
  await receipts?.assertUsable(whole, isStream ? await statInput(surroundings) : undefined);
  return withServices(options, context, async (services) => {
    services.uploads.prepare();
    const leftOut = new LeftOutReports(context);
    const code = isStream
      ? await uploadStream(services, paths, options, context)
      : await reportUntilDone(services, context, { ...options, asks: options.onConflict === 'ask' }, () =>
          queueAll(services, whole, options, context, leftOut),
        );
    const isSaved = (await receipts?.save(services.uploads.receipts(), context)) ?? true;
    return isSaved && leftOut.count === 0 ? code : 1;
  });
}

/** `nearplay uploads`: unfinished uploads of sessions, and the active sessions. Changes nothing. */
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
    // It cannot be resumed; the next upload removes its parts.
    if (path === '-' || state === 'cancelled' || state === 'done' || state === 'skipped') continue;
    context.print({ path, key, size, confirmed }, `${path} → ${key} (${confirmed} of ${size} bytes)`);
  }
}

/** `nearplay uploads resume`: resumes all of them; resolves to the exit code of an upload. */
export function resumeCommand(options: WaitingOptions, context: CommandContext): Promise<number> {
  return withServices(options, context, async (services) => {
    const left = await UnfinishedUploads.find(services, await sessionsOf(context.surroundings));
    const isComplete = reportLeft(left, context);
    const code = await reportUntilDone(services, context, { ...options, asks: true }, () => left.resume(left.all()));
    return isComplete ? code : code || 1;
  });
}

/** `nearplay uploads cancel`: cancels all of them and removes their parts from the storage; 1 where some stay. */
export function giveUpCommand(options: WaitingOptions, context: CommandContext): Promise<number> {
  return withServices(options, context, async (services) => {
    const left = await UnfinishedUploads.find(services, await sessionsOf(context.surroundings));
    const isComplete = reportLeft(left, context);
    const ids = await left.resume(left.all(), { paused: true });
    const waits = watchWaits(services, context, options);
    try {
      services.uploads.cancel(ids);
      await Promise.race([services.uploads.finished(), waits.ended, stoppedBy(context)]);
    } finally {
      waits.stop();
    }
    const remaining = services.uploads.leftBehind();
    for (const { key, error } of remaining) {
      const why = error?.message ?? 'The storage did not say why.';
      const message = `Its parts are still in the storage: ${why} The next upload tries again to remove them.`;
      reportError(context, error?.code ?? 'storage-failed', message, key, error?.detail);
    }
    const cancelled = ids.filter((id) => !remaining.some((one) => one.id === id)).length;
    context.print({ cancelled }, `${cancelled} uploads given up`);
    return isComplete && remaining.length === 0 ? 0 : 1;
  });
}

/** Resumes unfinished uploads of the same path and key; starts all others. Resolves to their ids. */
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
  const below = typedFolder(to.normalize('NFC'), prefixOf(services));
  const claims = new Map<string, string>();
  const ids: string[] = [];
  const found = findFiles(paths, { leftOut: (one) => leftOut.add(one), signal });
  for await (const files of untilAborted(signal, found)) {
    const known = files.flatMap((file) => left.at(file.path, below + file.name) ?? []);
    const taken = await left.resume(known, { policy: onConflict });
    const goOn = new Set(known.flatMap(({ record }) => (taken.includes(record.id) ? [record.path] : [])));
    const others = files.filter(({ path }) => !goOn.has(path));
    ids.push(...taken);
    for (const { record } of known) {
      if (goOn.has(record.path) && !claims.has(record.wanted)) claims.set(record.wanted, record.path);
    }
    const adding = others.map((file) => ({ file, key: below + file.name, onConflict }));
    ids.push(...(await services.uploads.addFiles(adding, claims)));
  }
  leftOut.reportRest();
  if (ids.length === 0 && !signal.aborted) {
    throw new NearplayError('bad-request', 'There was no file to upload.');
  }
  return ids;
}

/** Reports what `left` cannot resume or cancel; whether there is nothing of it. */
function reportLeft(left: UnfinishedUploads, context: CommandContext): boolean {
  reportSetAside(left.setAside, context);
  reportElsewhere(left, context);
  return left.setAside.length === 0 && left.elsewhere.length === 0;
}

/** Reports unfinished uploads that only preferences with their own storage can continue or end. */
function reportElsewhere({ elsewhere }: UnfinishedUploads, context: CommandContext): void {
  for (const { path, key, upload, unconfirmedStart } of elsewhere) {
    const place = upload ?? unconfirmedStart;
    const where = place === undefined ? '' : ` (${place.wholeKey} in the bucket ${place.bucket})`;
    const message = `"${path}" was going to another storage or prefix${where} than today's, so it was left as it is.`;
    report(context, { code: 'not-supported', message, key }, `${key}: ${message}`);
  }
}

/** Reports unreadable records of earlier sessions; they are kept. */
function reportSetAside(files: readonly string[], context: CommandContext): void {
  for (const file of files) {
    reportError(
      context,
      'file-unreadable',
      `Uploads of an earlier session could not be read. They are kept in "${file}".`,
    );
  }
}

/** Ends the iteration at the signal without an error: the items so far count. */
async function* untilAborted<Item>(signal: AbortSignal, items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  try {
    for await (const item of items) {
      if (signal.aborted) return;
      yield item;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Waits for the queued uploads and reports each; resolves to the exit code. After Ctrl+C unfinished uploads are kept. */
async function reportUntilDone(
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
  // An upload without an answer to its question leaves nothing in the storage.
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

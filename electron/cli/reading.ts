import { type ErrorCode, NearplayError, reportOf } from '../../shared/errors.ts';
import { folderOf } from '../../shared/keys.ts';
import type { LibraryEntry, LibraryFile } from '../../shared/library.ts';
import { ageOf } from '../../shared/routing.ts';
import type { Studio } from '../services/reading/studio.ts';
import { httpStatusOf } from '../services/runtime/errorFacts.ts';
import type { ObjectHead } from '../services/storage/objects.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';
import { folderToRead, keyToRead } from './typedPlaces.ts';
import { type ServiceNeeds, withServices } from './withServices.ts';

/** `nearplay ls`: one line per folder and file, page after page. */
export async function listCommand(folder: string, options: ServiceNeeds, context: CommandContext): Promise<void> {
  await withServices(
    { ...options, needsRoute: true, keepsNothing: true, endsAtOnce: true },
    context,
    async (services) => {
      const below = await folderToRead(services.studio(), folder);
      let cursor: string | undefined;
      let entries = 0;
      do {
        const page = await services.studio().library.list(below, cursor);
        for (const entry of page.entries) context.print(lineOf(entry), textOf(entry));
        entries += page.entries.length;
        cursor = page.cursor;
      } while (cursor !== undefined && !context.surroundings.signal.aborted);
      if (context.surroundings.signal.aborted)
        throw new NearplayError('cancelled', 'Stopped. The list is not complete.');
      if (entries === 0 && below !== '') throw new NearplayError('no-such-key', `There is nothing in "${below}".`);
    },
  );
}

/** `nearplay link`: a signed URL, the storage it points to, and why. */
export async function linkCommand(key: string, options: ServiceNeeds, context: CommandContext): Promise<void> {
  await withServices(
    { ...options, needsRoute: true, keepsNothing: true, endsAtOnce: true },
    context,
    async (services) => {
      const studio = services.studio();
      const { url, route, region, expiresAt } = await studio.createReadableLink(await keyToRead(studio, key));
      const { storage, reason, details } = route;
      const answer = { url, storage, region, reason, details, expiresAt: new Date(expiresAt).toISOString() };
      context.print(answer, url);
    },
  );
}

/** `nearplay status`: the replication status of an object at S3, and whether each replica holds this version. */
export async function statusCommand(typed: string, options: CommonOptions, context: CommandContext): Promise<void> {
  await withServices({ ...options, keepsNothing: true, endsAtOnce: true }, context, async (services) => {
    const studio = services.studio();
    const key = await keyToRead(studio, typed);
    const { mainStorage, replication, s3Configuration } = studio.preferences;
    const head = await studio.objects.head(mainStorage, key);
    const replicas = await Promise.all(
      replication.replicas.map(async ({ storage }) => {
        const region = s3Configuration[storage]?.region ?? '';
        return { storage, region, ...(await holding(studio, storage, head)) };
      }),
    );
    const age = ageOf(head, studio.clients.storageNow(mainStorage));
    const ageSeconds = age === undefined ? null : Math.round(age);
    const { size, versionId, replicationStatus } = head;
    const answer = {
      key,
      size,
      versionId: versionId ?? null,
      lastModified: new Date(head.lastModified).toISOString(),
      ageSeconds,
      replicationStatus: replicationStatus ?? null,
      replicas,
    };
    const lines = replicas.map(({ storage, region, ...found }) => `  ${storage} (${region}): ${wordsFor(found)}`);
    const status =
      replicationStatus === 'REPLICA'
        ? 'REPLICA, itself a copy that S3 copies no further'
        : (replicationStatus ?? 'no replication status');
    const ageText =
      ageSeconds === null ? `age unknown (its date, ${answer.lastModified}, is to come)` : `${ageSeconds} s old`;
    context.print(answer, [`${key}: ${status}, ${size} bytes, ${ageText}`, ...lines]);
  });
}

interface Holding {
  /** `null` when the replica did not answer. */
  holdsThisVersion: boolean | null;
  /** Whether its first byte was read: a HEAD proves only that the object exists. */
  readable?: boolean;
  error?: { code: ErrorCode; message: string };
}

async function holding({ objects }: Studio, storage: string, head: ObjectHead): Promise<Holding> {
  let holds: boolean;
  try {
    holds = await objects.holds(storage, head);
  } catch (error) {
    return { holdsThisVersion: null, error: shortReport(error) };
  }
  try {
    await objects.readFirstByte(storage, head);
    return holds ? { holdsThisVersion: true, readable: true } : { holdsThisVersion: false };
  } catch (error) {
    if (holds) return { holdsThisVersion: true, readable: false, error: shortReport(error) };
    // 403 also stands for a missing object; 400 for an id unknown to the bucket.
    const isMissing = error instanceof NearplayError && (error.code === 'no-such-key' || isUnknownVersion(error));
    return isMissing ? { holdsThisVersion: false } : { holdsThisVersion: null, error: shortReport(error) };
  }
}

function isUnknownVersion({ cause }: NearplayError): boolean {
  return httpStatusOf(cause) === 400 && cause instanceof Error && cause.name === 'InvalidArgument';
}

function shortReport(error: unknown): { code: ErrorCode; message: string } {
  const { code, message } = reportOf(error);
  return { code, message };
}

function wordsFor({ holdsThisVersion, readable, error }: Holding): string {
  if (holdsThisVersion === null) return `not known: ${error?.message ?? ''}`;
  if (!holdsThisVersion) return 'not there yet';
  return readable === false ? `holds this version and does not give it: ${error?.message ?? ''}` : 'holds this version';
}

function lineOf(entry: LibraryEntry): object {
  if (entry.type === 'folder') return { type: 'folder', key: entry.key };
  const { type, key, size, lastModified, kind, route, sequence } = entry;
  const common = { size, lastModified: new Date(lastModified).toISOString(), kind, ...pick(route) };
  if (!sequence) return { type, key, ...common };
  const { id: _, firstKey, ...numbers } = sequence;
  return { type: 'sequence', name: pathForPeople(entry), firstKey, lastKey: key, ...numbers, ...common };
}

function pick({ storage, reason, details }: { storage: string; reason: string; details: object }): object {
  return { storage, reason, details };
}

function textOf(entry: LibraryEntry): string {
  if (entry.type === 'folder') return `${''.padStart(12)}  ${entry.key}`;
  const { size, sequence, route } = entry;
  const frames = sequence ? ` [${sequence.frames}${sequence.goesOn ? ' …' : ''}]` : '';
  return `${String(size).padStart(12)}  ${pathForPeople(entry)}${frames}  ${route.storage} (${route.reason})`;
}

/** The path to print: for a sequence the pattern of its frames instead of one key. */
function pathForPeople({ key, name, sequence }: LibraryFile): string {
  return sequence ? folderOf(key) + name : key;
}

import { resolve } from 'node:path';
import type { LibraryEntry, LibraryFile } from '../../shared/ipc.ts';
import { folderOf } from '../../shared/keys.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import { download } from '../services/downloads.ts';
import { folderToRead, keyToRead } from './typedPlaces.ts';
import { withServices, type ServiceNeeds } from './withServices.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';

const SECOND = 1000;

/** `nearplay ls`: one line per folder and file, page after page. */
export async function listCommand(folder: string, options: ServiceNeeds, context: CommandContext): Promise<void> {
  await withServices({ ...options, needsRoute: true }, context, async (services) => {
    const below = await folderToRead(services.studio(), folder);
    let cursor: string | undefined;
    let entries = 0;
    do {
      const page = await services.studio().library.list(below, cursor);
      for (const entry of page.entries) context.print(lineOf(entry), textOf(entry));
      entries += page.entries.length;
      cursor = page.cursor;
    } while (cursor !== undefined && !context.surroundings.signal.aborted);
    if (entries === 0 && below !== '') throw new NearplayError('no-such-key', `There is nothing in "${below}".`);
  });
}

/** `nearplay link`: a signed URL, the storage it points to, and why. */
export async function linkCommand(key: string, options: ServiceNeeds, context: CommandContext): Promise<void> {
  await withServices({ ...options, needsRoute: true }, context, async (services) => {
    const studio = services.studio();
    const { url, route, region, expiresAt } = await studio.createLink(await keyToRead(studio, key), 'play');
    const { storage, reason, details } = route;
    const answer = { url, storage, region, reason, details, expiresAt: new Date(expiresAt).toISOString() };
    context.print(answer, url);
  });
}

/** `nearplay get`: the object on disk, from the storage of its route. */
export async function getCommand(
  typed: string,
  destination: string,
  options: ServiceNeeds,
  context: CommandContext,
): Promise<void> {
  const { cwd, signal } = context.surroundings;
  const target = /[/\\]$/.test(destination) ? `${resolve(cwd, destination)}/` : resolve(cwd, destination);
  await withServices({ ...options, needsRoute: true }, context, async (services) => {
    const key = await keyToRead(services.studio(), typed);
    const { path, size, route } = await download(services.studio(), key, target, { signal });
    const { storage, reason } = route;
    context.print({ key, path, size, storage, reason }, `${path} (${size} bytes from ${storage}: ${reason})`);
  });
}

/** `nearplay status`: what S3 says of an object's replication, and whether each replica really holds this version. */
export async function statusCommand(typed: string, options: CommonOptions, context: CommandContext): Promise<void> {
  await withServices(options, context, async (services) => {
    const studio = services.studio();
    const key = await keyToRead(studio, typed);
    const { mainStorage, replication, s3Configuration } = studio.preferences;
    const head = await studio.objects.head(mainStorage, key);
    const replicas = await Promise.all(
      replication.replicas.map(async ({ storage }) => {
        const region = s3Configuration[storage]?.region ?? '';
        try {
          return { storage, region, holdsThisVersion: await studio.objects.holds(storage, head) };
        } catch (error) {
          const { code, message } = reportOf(error);
          return { storage, region, holdsThisVersion: null, error: { code, message } };
        }
      }),
    );
    const ageSeconds = Math.round((studio.clients.storageNow(mainStorage) - head.lastModified) / SECOND);
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
    const lines = replicas.map(({ storage, region, holdsThisVersion }) => {
      const word =
        holdsThisVersion === null ? 'does not answer' : holdsThisVersion ? 'holds this version' : 'not there yet';
      return `  ${storage} (${region}): ${word}`;
    });
    const status = replicationStatus ?? 'no replication rule applies';
    context.print(answer, [`${key}: ${status}, ${size} bytes, ${ageSeconds} s old`, ...lines]);
  });
}

function lineOf(entry: LibraryEntry): object {
  if (entry.type === 'folder') return { type: 'folder', key: entry.key };
  const { type, key, size, lastModified, kind, route, sequence } = entry;
  const common = { size, lastModified: new Date(lastModified).toISOString(), kind, ...pick(route) };
  if (!sequence) return { type, key, ...common };
  const { id: _, firstKey, ...numbers } = sequence;
  return { type: 'sequence', name: placeOf(entry), firstKey, lastKey: key, ...numbers, ...common };
}

function pick({ storage, reason, details }: { storage: string; reason: string; details: object }): object {
  return { storage, reason, details };
}

function textOf(entry: LibraryEntry): string {
  if (entry.type === 'folder') return `${''.padStart(12)}  ${entry.key}`;
  const { size, sequence, route } = entry;
  const frames = sequence ? ` [${sequence.frames}${sequence.goesOn ? ' …' : ''}]` : '';
  return `${String(size).padStart(12)}  ${placeOf(entry)}${frames}  ${route.storage} (${route.reason})`;
}

/** Where it is, for people: of a sequence, no key of anything. */
function placeOf({ key, name, sequence }: LibraryFile): string {
  return sequence ? folderOf(key) + name : key;
}

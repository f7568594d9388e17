import { NearplayError } from '../../../shared/errors.ts';
import type { ReplicationProblem, ReplicationReport, UnreplicatedObject } from '../../../shared/replication.ts';
import { ageOf } from '../../../shared/routing.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import type { Studio } from '../reading/studio.ts';
import { type ObjectVersion, sameEtag } from '../storage/objectVersion.ts';
import { wholeKey } from '../storage/storageKeys.ts';
import { wholeListing } from '../storage/wholeListing.ts';

/** Concurrent HEAD requests: enough to be quick, few enough to leave the line to the artists. */
const MAX_PARALLEL_HEADS = 16;
/** Objects listed individually; further ones are only counted. */
const MAX_LISTED_OBJECTS = 50_000;

const PROGRESS_INTERVAL_OBJECTS = 1000;

export interface ReportOptions {
  signal?: AbortSignal;
  /** Called with the number of objects compared so far. */
  progress?: (compared: number) => void;
}

/**
 * Finds every object of a folder, subfolders included, that a replica does not list as main does. Costs one listing per
 * 1,000 objects and storage, and a HEAD for each object that is missing somewhere.
 *
 * @throws NearplayError offline, access-denied, cancelled …
 */
export async function reportReplication(
  studio: Studio,
  folder: string,
  { signal, progress }: ReportOptions = {},
): Promise<ReplicationReport> {
  const replicas = studio.preferences.replication.replicas.map(({ storage }) => storage);
  const report = emptyReport(folder);
  const cursors = replicas.map((storage) => new KeyCursor(wholeListing(studio, storage, folder, signal)));
  let batch: { version: ObjectVersion; missingFrom: string[] }[] = [];
  const explainBatch = async () => {
    const found = await Promise.all(batch.map((one) => explain(studio, one.version, one.missingFrom)));
    for (const object of found) if (object) count(report, object);
    batch = [];
  };
  for await (const version of wholeListing(studio, studio.preferences.mainStorage, folder, signal)) {
    report.compared += 1;
    if (report.compared % PROGRESS_INTERVAL_OBJECTS === 0) progress?.(report.compared);
    const held = await Promise.all(cursors.map((cursor) => cursor.seek(version.key)));
    const missingFrom = replicas.filter((_storage, index) => !isHeld(version, held[index]));
    if (missingFrom.length === 0) continue;
    batch.push({ version, missingFrom });
    if (batch.length === MAX_PARALLEL_HEADS) await explainBatch();
  }
  await explainBatch();
  progress?.(report.compared);
  return report;
}

/**
 * A manifest for S3 Batch Operations (S3 User Guide, "Specifying a manifest"): CSV of bucket, URL-encoded key and version
 * id, without a heading. All lines name a version, or none does: S3 takes no mixture.
 */
export function batchManifest(bucket: string, prefix: string, objects: readonly UnreplicatedObject[]): string {
  const withVersions = objects.every(({ versionId }) => versionId !== null);
  const lines = objects.map(({ key, versionId }) => {
    const encoded = wholeKey({ prefix }, key).split('/').map(encodeURIComponent).join('/');
    return [bucket, encoded, ...(withVersions && versionId !== null ? [versionId] : [])].map(csvField).join(',');
  });
  return lines.map((line) => `${line}\r\n`).join('');
}

async function explain(
  studio: Studio,
  listed: ObjectVersion,
  missingFrom: string[],
): Promise<UnreplicatedObject | undefined> {
  const { mainStorage, replication } = studio.preferences;
  try {
    const { versionId, size, lastModified, replicationStatus } = await studio.objects.head(mainStorage, listed.key);
    const age = ageOf({ lastModified }, studio.clients.storageNow(mainStorage));
    const problem = problemOf(replicationStatus, age !== undefined && age > replication.stuckAfterSeconds);
    return { key: listed.key, versionId: versionId ?? null, size, lastModified, problem, missingFrom };
  } catch (error) {
    // Deleted since the listing: it is not missing any more.
    if (error instanceof NearplayError && error.code === 'no-such-key') return undefined;
    throw error;
  }
}

/**
 * The SDK knows both COMPLETE and COMPLETED; S3 answers the latter. An object of main that says REPLICA came there by replication
 * itself, and is copied no further (S3 User Guide, "What isn't replicated").
 */
function problemOf(status: string | undefined, isOld: boolean): ReplicationProblem {
  switch (status) {
    case undefined:
    case 'REPLICA':
      return 'never';
    case 'FAILED':
      return 'failed';
    case 'COMPLETED':
    case 'COMPLETE':
      // Listing and HEAD are taken at different times: a recent object may have arrived in between.
      return isOld ? 'missing' : 'pending';
    default:
      return isOld ? 'stuck' : 'pending';
  }
}

function isHeld(version: ObjectVersion, found: ObjectVersion | undefined): boolean {
  if (found?.size !== version.size) return false;
  return (
    sameEtag(found.etag, version.etag) ||
    Math.floor(found.lastModified / SECOND_MS) === Math.floor(version.lastModified / SECOND_MS)
  );
}

function count(report: ReplicationReport, object: UnreplicatedObject): void {
  const total = report.totals[object.problem];
  total.objects += 1;
  total.bytes += object.size;
  if (report.objects.length < MAX_LISTED_OBJECTS) report.objects.push(object);
  else report.truncated = true;
}

function emptyReport(folder: string): ReplicationReport {
  const none = () => ({ objects: 0, bytes: 0 });
  const totals = { pending: none(), stuck: none(), failed: none(), never: none(), missing: none() };
  return { folder, compared: 0, totals, objects: [], truncated: false };
}

/** Reads one storage's listing in step with another's: S3 lists in the order of UTF-8 bytes. */
class KeyCursor {
  readonly #listing: AsyncGenerator<ObjectVersion, void>;
  #current: ObjectVersion | undefined;
  #ended = false;

  constructor(listing: AsyncGenerator<ObjectVersion, void>) {
    this.#listing = listing;
  }

  /** The object with this key, if the listing has it. Keys must be asked for in ascending order. */
  async seek(key: string): Promise<ObjectVersion | undefined> {
    const wanted = Buffer.from(key);
    while (!this.#ended && (!this.#current || Buffer.compare(Buffer.from(this.#current.key), wanted) < 0)) {
      const next: IteratorResult<ObjectVersion, void> = await this.#listing.next();
      this.#ended = next.done === true;
      this.#current = next.done === true ? undefined : next.value;
    }
    return this.#current?.key === key ? this.#current : undefined;
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

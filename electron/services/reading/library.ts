import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { NearplayError } from '../../../shared/errors.ts';
import { folderOf, nameOfKey } from '../../../shared/keys.ts';
import type { LibraryEntry, LibraryFile, LibraryPage, SequenceId } from '../../../shared/library.ts';
import { mediaKind } from '../../../shared/media.ts';
import type { Route } from '../../../shared/routing.ts';
import {
  type FrameOf,
  frameRanges,
  framesOf,
  groupSequences,
  type Sequence,
  sharedHead,
} from '../../../shared/sequences.ts';
import { type AskedNames, listedFolders, listedObjects } from '../storage/listedNames.ts';
import { assertListing, nextMarker, SamePage } from '../storage/listingPages.ts';
import type { ObjectVersion } from '../storage/objectVersion.ts';
import type { Reachability } from '../storage/reachability.ts';
import { meansUnreachable } from '../storage/s3Errors.ts';
import type { StorageClients } from '../storage/storageClients.ts';
import { OWN_FOLDER, wholeKey } from '../storage/storageKeys.ts';
import type { StorageRequests } from '../storage/storageRequests.ts';
import type { ReplicaProof } from './replicaProof.ts';
import type { Router } from './router.ts';

/** ListObjectsV2 returns 1,000 keys at most (S3 API Reference). */
const MAX_KEYS_PER_LISTING = 1000;
/** A page grows until its first sequence is complete: 100,000 frames are more than an hour at 24 frames a second. */
const MAX_LISTINGS_PER_PAGE = 100;
const NO_FOLDERS =
  'The storage, or something in front of it, listed what is in other folders than the one asked for. Ask IT.';
const TOO_MANY_FRAMES =
  'The sequence has more frames than Nearplay lists at once (100,000 files). Split it over folders.';

export interface LibraryOptions {
  mainStorage: string;
  replicas: readonly string[];
  clients: StorageClients;
  requests: StorageRequests;
  reachability: Pick<Reachability, 'isReachable' | 'errorOf'>;
  proof: ReplicaProof;
  router: Router;
  /** Called with every version in a listing of the main storage. */
  seen: (version: ObjectVersion) => void;
}

/** Start of a page: a key, so that another storage can list the same range of keys. */
interface Cursor {
  storage: string;
  after: string;
}

/** A range of one folder, in the order of UTF-8 bytes, as S3 lists. */
interface Stretch {
  folders: string[];
  versions: ObjectVersion[];
  /** Last key or folder of the range; undefined: the range ends with the folder. */
  end: string | undefined;
}

/**
 * Lists folders and files page by page, each file with its route: one listing of main and one of the replica per 1,000
 * objects. An image sequence is one file, and is never split over two pages.
 */
export class Library {
  readonly #options: LibraryOptions;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /**
   * One page of a folder ('' for the top). Lists the main storage; while main is unreachable, the first replica that
   * answers.
   *
   * @throws NearplayError bad-request for a cursor that is none of ours; offline, access-denied …
   */
  async list(folder: string, cursor?: string): Promise<LibraryPage> {
    const { mainStorage, reachability } = this.#options;
    const from = cursor === undefined ? undefined : parseCursor(cursor);
    if (from !== undefined && from.storage !== mainStorage) return this.#pageOf(from.storage, folder, from.after);
    const unreachable = reachability.errorOf(mainStorage);
    if (unreachable) return this.#pageOfReplica(folder, unreachable);
    try {
      return await this.#pageOf(mainStorage, folder, from?.after);
    } catch (error) {
      const failedOver = error instanceof NearplayError && meansUnreachable(error) && from === undefined;
      if (failedOver && this.#options.replicas.length > 0) return this.#pageOfReplica(folder, error);
      throw error;
    }
  }

  /**
   * Frames of one sequence as main lists them, in ascending order, compared with a listing of the replica.
   *
   * @throws NearplayError not-supported when there are more files than can be listed at once; offline, access-denied …
   */
  async frames({ head, tail, padding }: SequenceId): Promise<{ number: number; version: ObjectVersion }[]> {
    const { mainStorage, reachability, replicas } = this.#options;
    const reachable = [mainStorage, ...replicas].find((storage) => reachability.isReachable(storage)) ?? mainStorage;
    const after = `${head}${BEFORE_NUMBERS}`;
    const stretch = await this.#stretch(reachable, head, after, ({ end }) => goesOnBehind(end, head));
    if (goesOnBehind(stretch.end, head)) throw new NearplayError('not-supported', TOO_MANY_FRAMES);
    if (reachable === mainStorage) await this.#compare(head, after, stretch);
    this.#took(reachable, stretch.versions);
    const folder = folderOf(head);
    const pattern = { head: head.slice(folder.length), tail, padding };
    const frames = framesOf(stretch.versions, ({ key }) => nameOfKey(key), pattern);
    return frames.map(({ number, item }) => ({ number, version: item }));
  }

  /** Route of several objects that are read as one: a replica only when it holds every one of them. */
  routeOfAll(versions: readonly ObjectVersion[]): Route {
    const { mainStorage, router } = this.#options;
    const routes = versions.map((version) => router.known(version));
    const onMain = routes.filter(({ storage }) => storage === mainStorage);
    const latest = (a: Route, b: Route) => (waitOf(b) > waitOf(a) ? b : a);
    const [first] = onMain.length > 0 ? onMain : routes;
    if (!first) return router.general();
    return (onMain.length > 0 ? onMain : routes).reduce(latest, first);
  }

  /** @param unreachable why main is not asked. */
  async #pageOfReplica(folder: string, unreachable: NearplayError): Promise<LibraryPage> {
    for (const storage of this.#options.replicas) {
      if (!this.#options.reachability.isReachable(storage)) continue;
      try {
        return await this.#pageOf(storage, folder, undefined);
      } catch (error) {
        if (!(error instanceof NearplayError)) throw error;
      }
    }
    throw unreachable;
  }

  async #pageOf(storage: string, folder: string, after: string | undefined): Promise<LibraryPage> {
    const whole = await this.#stretch(storage, folder, after, isTorn);
    const page = withoutTornSequence(whole, after);
    // A page that ends where it begins would be requested for ever.
    if (after !== undefined && page.end === after) throw new SamePage();
    if (storage === this.#options.mainStorage) await this.#compare(folder, after, page);
    this.#took(storage, page.versions);
    const { singles, sequences } = groupSequences(page.versions, ({ key }) => nameOfKey(key));
    const entries: LibraryEntry[] = [
      ...page.folders.map((key) => ({ type: 'folder' as const, key, name: nameOfKey(key) || '/' })),
      ...singles.map((version) => this.#toFile(version)),
      ...sequences.map((sequence) => this.#toSequence(folder, sequence, { after, end: page.end })),
    ];
    return { folder, entries, ...(page.end !== undefined && { cursor: cursorText({ storage, after: page.end }) }) };
  }

  /** Lists until a range of 1,000 keys is full, and further while `wantsMore` returns true. */
  async #stretch(
    storage: string,
    prefix: string,
    after: string | undefined,
    wantsMore: (stretch: Stretch) => boolean,
  ): Promise<Stretch> {
    const stretch: Stretch = { folders: [], versions: [], end: undefined };
    const configuration = this.#options.clients.configurationOf(storage);
    const seen = new Set<string>();
    let token: string | undefined;
    for (let listings = 0; listings < MAX_LISTINGS_PER_PAGE; listings++) {
      const answer = await this.#ask(storage, prefix, token === undefined ? { after } : { token });
      assertListing(answer);
      this.#append(stretch, answer, { configuration, prefix, after, seen });
      const before = token;
      token = nextMarker(answer.IsTruncated, answer.NextContinuationToken);
      if (token !== undefined && token === before) throw new SamePage();
      if (token === undefined) return { ...stretch, end: undefined };
      if (!wantsMore(stretch)) return stretch;
    }
    return stretch;
  }

  #ask(storage: string, prefix: string, from: { after?: string | undefined; token?: string }) {
    const { clients, requests } = this.#options;
    const configuration = clients.configurationOf(storage);
    const command = new ListObjectsV2Command({
      Bucket: configuration.bucket,
      Prefix: wholeKey(configuration, prefix),
      Delimiter: '/',
      MaxKeys: MAX_KEYS_PER_LISTING,
      ...(from.token !== undefined && { ContinuationToken: from.token }),
      ...(from.after !== undefined && { StartAfter: wholeKey(configuration, from.after) }),
    });
    return requests.request({ storage, action: 's3:ListBucket' }, (client, options) => client.send(command, options));
  }

  #append(
    stretch: Stretch,
    answer: ListObjectsV2CommandOutput,
    { after, seen, ...asked }: AskedNames & { after: string | undefined; seen: Set<string> },
  ): void {
    const last = [stretch.end ?? ''];
    for (const folder of listedFolders(answer, asked)) {
      last.push(folder);
      // Listing after "a/" names "a/" again, since its objects come after it.
      if (folder !== OWN_FOLDER && folder !== after && !seen.has(folder)) stretch.folders.push(folder);
      seen.add(folder);
    }
    for (const version of listedObjects(answer, asked)) {
      const { key } = version;
      last.push(key);
      // Consoles create a key that ends in a slash for an empty folder.
      if (key === '' || key === asked.prefix || key.endsWith('/') || seen.has(key)) continue;
      if (key.includes('/', asked.prefix.length)) throw new NearplayError('not-a-storage', NO_FOLDERS);
      seen.add(key);
      stretch.versions.push(version);
    }
    stretch.end = last.reduce((greatest, key) => (isAfter(key, greatest) ? key : greatest));
  }

  /** Compares a page of main with the same key range on the replica that would be read. */
  async #compare(prefix: string, after: string | undefined, page: Stretch): Promise<void> {
    const { proof, router, reachability } = this.#options;
    const replica = router.wantedReplica();
    if (replica === undefined || page.versions.length === 0 || !reachability.isReachable(replica)) return;
    const falls = ({ end }: Stretch) => page.end === undefined || (end !== undefined && isAfter(page.end, end));
    try {
      const there = await this.#stretch(replica, prefix, after, falls);
      const found = new Map(there.versions.map((version) => [version.key, version]));
      for (const version of page.versions) {
        const beyond = there.end !== undefined && isAfter(version.key, there.end);
        if (!beyond) proof.listed(replica, version, found.get(version.key));
      }
    } catch {
      // The replica stays unproved here: opening a file proves it.
    }
  }

  #took(storage: string, versions: readonly ObjectVersion[]): void {
    const { mainStorage, proof, seen } = this.#options;
    for (const version of versions) {
      if (storage === mainStorage) seen(version);
      // A listed object exists on the replica; its identity can only be proved once main answers.
      else proof.listed(storage, version, version);
    }
  }

  #toFile(version: ObjectVersion): LibraryFile {
    const { key, size, lastModified, etag } = version;
    const name = nameOfKey(key);
    const route = this.#options.router.known(version);
    return { type: 'file', key, name, size, lastModified, etag, kind: mediaKind(name), route };
  }

  #toSequence(
    folder: string,
    { head, tail, padding, name, frames }: Sequence<ObjectVersion>,
    page: { after: string | undefined; end: string | undefined },
  ): LibraryFile {
    const versions = frames.map(({ item }) => item);
    const numbers = frames.map(({ number }) => number);
    const goesOn = versions.some(({ key }) => isCutOff(key, page));
    return {
      type: 'file',
      key: keyOf(frames.at(-1)),
      name,
      size: versions.reduce((sum, { size }) => sum + size, 0),
      lastModified: versions.reduce((latest, { lastModified }) => Math.max(latest, lastModified), 0),
      // Changes with every frame: the window uses it as a cache key.
      etag: createHash('sha256')
        .update(versions.map(({ etag, size, lastModified }) => (etag === '' ? `${size} ${lastModified}` : etag)).join())
        .digest('base64url'),
      kind: mediaKind(name),
      route: this.routeOfAll(versions),
      sequence: {
        id: { head: folder + head, tail, padding },
        firstKey: keyOf(frames[0]),
        first: numbers[0] ?? 0,
        last: numbers.at(-1) ?? 0,
        count: frames.length,
        frames: frameRanges(numbers),
        ...(goesOn && { goesOn }),
      },
    };
  }
}

function keyOf(frame: FrameOf<ObjectVersion> | undefined): string {
  return frame?.item.key ?? '';
}

/** Frame numbers begin with a digit or a minus: `,` and `:` are the bytes next to them. */
const BEFORE_NUMBERS = ',';
const BEHIND_NUMBERS = ':';

/** Whether keys with this head and a number may follow the end of a range. */
function goesOnBehind(end: string | undefined, head: string): boolean {
  return end !== undefined && isAfter(head + BEHIND_NUMBERS, end);
}

/** Common head of the keys that may belong to the same sequence; undefined: the key has no number. */
function headOf(key: string): string | undefined {
  const head = sharedHead(nameOfKey(key));
  return head === undefined ? undefined : folderOf(key) + head;
}

/** Whether frames of this key's sequence may follow the end of a range. */
function goesOnFrom(key: string, end: string | undefined): boolean {
  const head = headOf(key);
  return head !== undefined && goesOnBehind(end, head);
}

/** Whether frames of this key's sequence may lie before or after a page. */
function isCutOff(key: string, { after, end }: { after: string | undefined; end: string | undefined }): boolean {
  const head = headOf(key);
  const isBegunBefore = head !== undefined && after?.startsWith(head) && isAfter(after, head + BEFORE_NUMBERS);
  return isBegunBefore === true || goesOnFrom(key, end);
}

/** Whether a range begins and ends inside the same sequence, so that it cannot be cut. */
function isTorn(stretch: Stretch): boolean {
  return cutBefore(stretch) === 0;
}

/** The range up to the first frame of a sequence that may continue after its end; the next page begins there. */
function withoutTornSequence(stretch: Stretch, after: string | undefined): Stretch {
  const cut = cutBefore(stretch);
  const previous = stretch.versions[cut - 1]?.key;
  if (cut === stretch.versions.length || previous === undefined) return stretch;
  const end = after !== undefined && isAfter(after, previous) ? after : previous;
  return {
    versions: stretch.versions.slice(0, cut),
    folders: stretch.folders.filter((folder) => !isAfter(folder, end)),
    end,
  };
}

/**
 * Index of the first version of an unfinished sequence; the number of versions when there is none. Versions before it
 * belong to no sequence that continues after it, so a cut there splits none.
 */
function cutBefore({ versions, end }: Stretch): number {
  let cut = versions.length;
  let border = end;
  while (border !== undefined && cut > 0) {
    const unfinished = versions.slice(0, cut).findIndex(({ key }) => goesOnFrom(key, border));
    if (unfinished === -1) break;
    cut = unfinished;
    border = versions[cut]?.key;
  }
  return cut;
}

/** Compares by UTF-8 bytes, the order of S3 listings. */
function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}

/** Seconds until the replication delay is over; unlimited where that is not known. */
function waitOf({ reason, details }: Route): number {
  return details.secondsLeft ?? (reason === 'within-replication-delay' ? Number.POSITIVE_INFINITY : 0);
}

function cursorText(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function parseCursor(text: string): Cursor {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'storage' in value && 'after' in value) {
      const { storage, after } = value;
      if (typeof storage === 'string' && typeof after === 'string') return { storage, after };
    }
  } catch {
    // Falls through to the refusal.
  }
  throw new NearplayError('bad-request', 'The list changed. Open the folder again.');
}

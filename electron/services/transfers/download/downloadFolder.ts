import { setMaxListeners } from 'node:events';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, type ErrorReport, NearplayError, reportOf } from '../../../../shared/errors.ts';
import { asFolder } from '../../../../shared/keys.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { syncFolder } from '../../files/atomicFile.ts';
import { atDestination, isDriveSilent, syncAtDestination } from '../../files/destinationDisk.ts';
import { FolderSyncs } from '../../files/folderSyncs.ts';
import { StableFile } from '../../files/stableFile.ts';
import type { Studio } from '../../reading/studio.ts';
import { prefetched } from '../../runtime/prefetched.ts';
import { type ObjectVersion, sameEtag } from '../../storage/objectVersion.ts';
import { meansUnreachable } from '../../storage/s3Errors.ts';
import { wholeListing } from '../../storage/wholeListing.ts';
import { download, type DownloadOptions, provedAs } from './download.ts';
import { downloadResources } from './downloadResources.ts';
import { type LocalPlace, LocalTree } from './localTree.ts';
import type { DownloadResources } from './receiveRanges.ts';
import { downloadSmall, isSmall, type SmallObject } from './smallObject.ts';
import { lookAt, proveContent, type Proved, type ProvedBy, type StoredObject, type Unproved } from './storedObject.ts';

/** Objects listed ahead of the downloads: two pages of a listing. */
const LISTED_AHEAD = 2000;
/** Objects in ranges at once; they share the request slots. */
const MAX_LARGE = 4;
/** Objects under way at once: more than request slots, so that disk work does not leave a slot unused. */
const MAX_UNDER_WAY = 288;

/** One object of a folder that has been downloaded, or was there before. */
export interface FolderFile {
  key: string;
  path: string;
  /** Bytes. */
  size: number;
  storage: string;
  provedBy: ProvedBy | null;
  unproved?: Unproved;
  byWordOf?: Proved['byWordOf'];
  /** The file was there, with the same content by the storage's checksum. */
  wasThere?: true;
  /** The local name differs from the object's. */
  isRenamed?: true;
}

export interface FolderReport {
  /** Objects listed. */
  files: number;
  /** Bytes of `saved` and `same`. */
  bytes: number;
  saved: number;
  /** Already there, and compared. */
  same: number;
  /** Of `saved`: without a checksum to compare with. */
  unproved: number;
  failed: number;
}

export interface FolderOptions extends Pick<
  DownloadOptions,
  'resources' | 'idleMs' | 'random' | 'machine' | 'waitsFor'
> {
  signal: AbortSignal;
  done?: (file: FolderFile) => void;
  failed?: (key: string, error: ErrorReport) => void;
  /** Called with bytes as they are on disk. */
  progress?: (key: string, received: number) => void;
  waiting?: (key: string, wait: Parameters<NonNullable<DownloadOptions['waiting']>>[0]) => void;
  beginsAgain?: (key: string, why: ErrorCode) => void;
  claimed?: (path: string) => void;
}

/** One object on its way. */
interface Placed {
  version: ObjectVersion;
  place: LocalPlace;
  /** The storage of its route by the listings, where this has the same ETag; absent: another has to be proved first. */
  from: string | undefined;
}

/**
 * Downloads every object below a folder, subfolders included, into a local folder; each as `download` does: proved, on
 * disk, and then named. Objects are listed while others arrive, small ones take one request each, and an interrupted
 * download goes on: a file that is there with the object's size and date is compared, not downloaded again.
 *
 * @param folder relative to the storage's prefix; '' for all.
 * @param destination absolute; created if it is missing.
 * @throws NearplayError no-such-key for a folder without objects; cancelled, offline, access-denied … for the listing.
 *   The failure of one object is reported, and the others go on, except after a full disk
 */
export async function downloadFolder(
  studio: () => Studio,
  folder: string,
  destination: string,
  options: FolderOptions,
): Promise<FolderReport> {
  return new FolderRun(studio, asFolder(folder), destination, options).toTheEnd();
}

class FolderRun {
  readonly #studio: () => Studio;
  readonly #folder: string;
  readonly #tree: LocalTree;
  readonly #options: FolderOptions;
  readonly #resources: DownloadResources;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #folderSyncs = new FolderSyncs((folder) => syncAtDestination(join(folder, 'any'), () => syncFolder(folder)));
  readonly #report: FolderReport = { files: 0, bytes: 0, saved: 0, same: 0, unproved: 0, failed: 0 };
  #placing: Promise<unknown> = Promise.resolve();
  #replica: { storage: string; listing: OrderedListing } | undefined;
  /** The storage of the listing. */
  #listedBy: string | undefined;
  #failure: { error: unknown } | undefined;
  #underWay = 0;
  #large = 0;
  #changed = Promise.withResolvers<undefined>();

  constructor(studio: () => Studio, folder: string, destination: string, options: FolderOptions) {
    this.#studio = studio;
    this.#folder = folder;
    this.#tree = new LocalTree(destination);
    this.#options = options;
    this.#resources = options.resources ?? downloadResources();
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
    setMaxListeners(0, this.#signal);
  }

  async toTheEnd(): Promise<FolderReport> {
    const running = new Set<Promise<void>>();
    try {
      for await (const version of prefetched(this.#listed(), LISTED_AHEAD)) {
        this.#report.files += 1;
        const isLarge = !isSmall(version);
        await this.#room(isLarge);
        if (this.#isOver()) break;
        const from = isLarge ? undefined : await this.#holderOf(version);
        const work = this.#bring(version, from, isLarge).finally(() => running.delete(work));
        running.add(work);
      }
    } catch (error) {
      this.#end(error);
    }
    await Promise.all(running);
    await this.#replica?.listing.close();
    if (this.#options.signal.aborted) throw new NearplayError('cancelled');
    if (this.#failure) throw this.#failure.error;
    if (this.#report.files === 0) {
      const where = this.#folder === '' ? 'the bucket' : `the folder "${this.#folder}"`;
      throw new NearplayError('no-such-key', `There is nothing in ${where}.`);
    }
    return this.#report;
  }

  /** From main, or from a replica while main is unreachable. */
  async *#listed(): AsyncGenerator<ObjectVersion, void> {
    const studio = this.#studio();
    const { mainStorage, replication } = studio.preferences;
    const storages = [mainStorage, ...replication.replicas.map(({ storage }) => storage)];
    let failure: unknown;
    for (const storage of storages) {
      let hasBegun = false;
      try {
        const begun = performance.now();
        for await (const version of wholeListing(studio, storage, this.#folder, this.#signal)) {
          // The first page takes a connection, and a round trip.
          if (!hasBegun) this.#resources.slots.roundTrip((performance.now() - begun) / 2);
          hasBegun = true;
          this.#listedBy = storage;
          yield version;
        }
        return;
      } catch (error) {
        if (hasBegun || !(error instanceof NearplayError && meansUnreachable(error))) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  #isOver(): boolean {
    return this.#signal.aborted;
  }

  /** Resolves when there is room for another object. The memory of small ones is limited by its pool. */
  async #room(isLarge: boolean): Promise<void> {
    const fits = () => this.#underWay < MAX_UNDER_WAY && (!isLarge || this.#large < MAX_LARGE);
    while (!fits() && !this.#isOver()) await this.#changed.promise;
    this.#underWay += 1;
    if (isLarge) this.#large += 1;
  }

  #leave(isLarge: boolean): void {
    this.#underWay -= 1;
    if (isLarge) this.#large -= 1;
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }

  /** The storage that a listing shows to be the right one to read this ETag from. */
  async #holderOf(version: ObjectVersion): Promise<string | undefined> {
    const { router, preferences, proof } = this.#studio();
    if (preferences.replication.replicas.length === 0) return preferences.mainStorage;
    const replica = router.wantedReplica();
    const found = replica === undefined ? undefined : await this.#replicaListing(replica).find(version.key);
    if (replica !== undefined) proof.listed(replica, version, found);
    const { storage } = router.known(version);
    if (storage === preferences.mainStorage) return storage;
    return storage === replica && found && sameEtag(found.etag, version.etag) ? storage : undefined;
  }

  #replicaListing(replica: string): OrderedListing {
    if (this.#replica?.storage !== replica) {
      const listing = wholeListing(this.#studio(), replica, this.#folder, this.#signal);
      this.#replica = { storage: replica, listing: new OrderedListing(prefetched(listing, LISTED_AHEAD)) };
    }
    return this.#replica.listing;
  }

  async #bring(version: ObjectVersion, from: string | undefined, isLarge: boolean): Promise<void> {
    try {
      const place = await this.#placed(version);
      const file = await this.#file({ version, place, from });
      this.#report.bytes += file.size;
      this.#report[file.wasThere ? 'same' : 'saved'] += 1;
      if (file.provedBy === null) this.#report.unproved += 1;
      this.#options.done?.(file);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#report.failed += 1;
      const report = reportOf(error);
      this.#options.failed?.(version.key, report);
      if (report.code === 'disk-full' || report.code === 'clock-skew' || isDriveSilent(error)) this.#end(error);
    } finally {
      this.#leave(isLarge);
    }
  }

  /** One at a time, in the order of the listing. */
  #placed({ key }: ObjectVersion): Promise<LocalPlace> {
    const placing = this.#placing.then(() => this.#tree.place(key.slice(this.#folder.length)));
    this.#placing = placing.catch(() => undefined);
    return placing;
  }

  async #file(placed: Placed): Promise<FolderFile> {
    const { version, place } = placed;
    const { key, size } = version;
    const { path, isTaken, isRenamed } = place;
    const named = { key, path, size, ...(isRenamed && { isRenamed: true as const }) };
    if (isTaken) {
      const provedBy = await this.#comparedWith(version, path);
      const { mainStorage } = this.#studio().preferences;
      if (provedBy) return { ...named, storage: mainStorage, provedBy, wasThere: true };
    }
    const small = isTaken ? undefined : await this.#small(placed);
    if (small) return { ...named, ...small };
    const { route, provedBy, unproved, byWordOf, size: sizeNow } = await this.#download(key, path);
    const why = { ...(unproved && { unproved }), ...(byWordOf !== undefined && { byWordOf }) };
    return { ...named, size: sizeNow, storage: route.storage, provedBy, ...why };
  }

  /** `undefined` where it has to be downloaded like a large one. */
  async #small({ version, place, from: storage }: Placed) {
    if (storage === undefined) return undefined;
    const studio = this.#studio();
    const configuration = studio.clients.configurationOf(storage);
    try {
      const { mainStorage } = studio.preferences;
      const proved = await downloadSmall({
        client: this.#resources.clients.clientFor(studio.clients.clientOf(storage), configuration),
        configuration,
        object: { storage, version, etag: version.etag },
        ...{ path: place.path, owner: this.#folder, resources: this.#resources, folderSyncs: this.#folderSyncs },
        ...{ idleMs: this.#options.idleMs, signal: this.#signal },
        written: (bytes) => this.#options.progress?.(version.key, bytes),
        ...(storage !== mainStorage && { main: this.#mainsWordOn(studio, version) }),
      });
      return proved && { storage, ...provedAs(proved) };
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof NearplayError)) throw error;
      if (error.code === 'slow-down' || error.code === 'timeout') this.#resources.slots.slowDown();
      return undefined;
    }
  }

  #mainsWordOn(studio: Studio, version: ObjectVersion): NonNullable<SmallObject['main']> {
    const { mainStorage } = studio.preferences;
    return {
      etag: this.#listedBy === mainStorage ? version.etag : '',
      fingerprint: async () => {
        if (!studio.reachability.isReachable(mainStorage)) return undefined;
        const found = await lookAt(studio, mainStorage, version, this.#signal).catch(() => undefined);
        return found?.fingerprint;
      },
    };
  }

  #download(key: string, path: string) {
    const { progress, waiting, beginsAgain } = this.#options;
    return download(this.#studio, key, path, {
      ...this.#options,
      ...{ signal: this.#signal, resources: this.#resources },
      progress: (received) => progress?.(key, received),
      waiting: (wait) => waiting?.(key, wait),
      beginsAgain: (why) => beginsAgain?.(key, why),
    });
  }

  /** What proves that the file which is there is the object; `undefined`: it is another, or nothing proves it. */
  async #comparedWith(version: ObjectVersion, path: string): Promise<ProvedBy | undefined> {
    const found = await atDestination(path, () => lstat(path)).catch(() => undefined);
    const isAlike = found?.isFile() === true && found.size === version.size;
    if (!isAlike || Math.floor(found.mtimeMs / SECOND_MS) !== Math.floor(version.lastModified / SECOND_MS)) {
      return undefined;
    }
    const studio = this.#studio();
    const release = await this.#resources.slots.acquire(this.#folder, this.#signal);
    let stored: StoredObject;
    try {
      stored = await lookAt(studio, studio.preferences.mainStorage, version, this.#signal);
    } catch {
      return undefined;
    } finally {
      release();
    }
    const file = await StableFile.open(path, { signal: this.#signal }).catch(() => undefined);
    if (!file) return undefined;
    try {
      const proof = await proveContent(studio, stored, file, this.#signal);
      return 'by' in proof ? proof.by : undefined;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  #end(error: unknown): void {
    this.#failure ??= { error };
    this.#ended.abort();
    this.#changed.resolve(undefined);
  }
}

/** Finds keys in a listing, in its order. One that fails has nothing. */
class OrderedListing {
  readonly #versions: AsyncGenerator<ObjectVersion, void>;
  #current: ObjectVersion | undefined;
  #isOver = false;

  constructor(versions: AsyncGenerator<ObjectVersion, void>) {
    this.#versions = versions;
  }

  /** To be called with keys in the order of UTF-8 bytes, in which S3 lists; one at a time. */
  async find(key: string): Promise<ObjectVersion | undefined> {
    while (!this.#isOver && (this.#current === undefined || isBefore(this.#current.key, key))) {
      const next = await this.#versions.next().catch(() => undefined);
      this.#current = next?.value ?? undefined;
      this.#isOver = next === undefined || next.done === true;
    }
    return this.#current?.key === key ? this.#current : undefined;
  }

  async close(): Promise<void> {
    await this.#versions.return().catch(() => undefined);
  }
}

function isBefore(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) < 0;
}

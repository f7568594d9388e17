import { NearplayError } from '../../../shared/errors.ts';
import type { SequenceId } from '../../../shared/library.ts';
import type { FasterStorage, Link, SequenceLinks } from '../../../shared/link.ts';
import type { IsolationPreferences } from '../../../shared/preferences.ts';
import type { ReadingStatus, StorageSummary } from '../../../shared/reading.ts';
import { type ClientAddress, matchReplica, type Route } from '../../../shared/routing.ts';
import { BoundedMap } from '../runtime/boundedMap.ts';
import type { Log } from '../runtime/log.ts';
import { steadyNow } from '../runtime/steadyClock.ts';
import { type ObjectHead, Objects } from '../storage/objects.ts';
import { lastingVersion, type ObjectVersion, sameEtag } from '../storage/objectVersion.ts';
import { Reachability } from '../storage/reachability.ts';
import { isRefusal } from '../storage/refusals.ts';
import { meansUnreachable } from '../storage/s3Errors.ts';
import { StorageClients, type StorageClientsOptions } from '../storage/storageClients.ts';
import { StorageRequests } from '../storage/storageRequests.ts';
import type { ClientAddresses } from './clientAddresses.ts';
import { Library } from './library.ts';
import { type LinkPurpose, Links } from './links.ts';
import { ReplicaProof } from './replicaProof.ts';
import { Router } from './router.ts';

/** Versions kept for an outage of the main storage. */
const MAX_REMEMBERED_VERSIONS = 200_000;

export interface StudioOptions extends StorageClientsOptions {
  preferences: IsolationPreferences;
  readFrom: () => string;
  addresses: Pick<ClientAddresses, 'known' | 'isPublicUnknown'>;
  /** A storage became unreachable or reachable. */
  reachabilityChanged: () => void;
  log: Log;
  /** Lifetime of a link in milliseconds; default 12 hours. */
  linkLifetime?: number;
  /** Milliseconds until an unreachable storage is first probed; default 2 s. */
  firstProbeAfter?: number;
}

/** The services of one Isolation Preferences document. Another document gets another Studio. */
export class Studio {
  readonly preferences: IsolationPreferences;
  readonly clients: StorageClients;
  readonly requests: StorageRequests;
  readonly objects: Objects;
  readonly router: Router;
  readonly library: Library;
  readonly proof: ReplicaProof;
  readonly reachability: Reachability;
  readonly #links: Links;
  readonly #options: StudioOptions;
  readonly #seen = new BoundedMap<string, ObjectVersion>(MAX_REMEMBERED_VERSIONS);

  constructor(options: StudioOptions) {
    const { preferences, now, clock = steadyNow } = options;
    const { mainStorage } = preferences;
    this.#options = options;
    this.preferences = preferences;
    this.clients = new StorageClients(preferences, options);
    this.requests = new StorageRequests(this.clients, () => this.reachability);
    this.reachability = new Reachability({
      probe: (storage) => this.requests.probe(storage),
      changed: (storage, reachable) => {
        options.log.warn(reachable ? 'Storage is back' : 'Storage is unreachable', { storage });
        options.reachabilityChanged();
      },
      ...(options.firstProbeAfter !== undefined && { firstProbeAfter: options.firstProbeAfter }),
    });
    this.objects = new Objects(this.clients, this.requests);
    this.proof = new ReplicaProof(
      (storage, version, withBytes) => this.objects.holds(storage, version, withBytes),
      clock,
    );
    this.router = new Router({
      preferences,
      readFrom: () => this.#readFrom(),
      addresses: () => this.#clientAddresses(),
      reachability: this.reachability,
      proof: this.proof,
      storageNow: () => this.clients.storageNow(mainStorage),
    });
    this.library = new Library({
      mainStorage,
      replicas: preferences.replication.replicas.map(({ storage }) => storage),
      clients: this.clients,
      requests: this.requests,
      reachability: this.reachability,
      proof: this.proof,
      router: this.router,
      seen: (version) => this.#remember(version),
    });
    this.#links = new Links(this.clients, now, options.linkLifetime);
  }

  /**
   * A link to the current version, from the storage that the route names.
   *
   * @param failed the storage whose link just failed in a player.
   * @param faster a storage to read from in its place, if that one holds the version.
   * @throws NearplayError no-such-key, access-denied, credentials-expired, offline …
   */
  async createLink(key: string, purpose: LinkPurpose, failed?: string, faster?: FasterStorage): Promise<Link> {
    const remembered = this.#seen.get(key);
    if (purpose === 'preview' && remembered) {
      return this.#links.sign(remembered, this.router.known(remembered), purpose);
    }
    if (failed !== undefined) await this.#askAgain(failed, key);
    const version = await this.identify(key);
    const route = await this.router.proved(version);
    if (!faster || faster.storage === route.storage || !(await this.router.mayRead(faster.storage, version)))
      return this.#links.sign(version, route, purpose);
    const details = { slower: faster.than };
    return this.#links.sign(version, { storage: faster.storage, reason: 'measured-faster', details }, purpose);
  }

  /**
   * A link for programs that cannot request another one after a failure: the first byte was read from the storage just
   * before.
   *
   * @throws NearplayError as createLink; archived, access-denied … when the main storage refuses the bytes as well
   */
  async createReadableLink(key: string): Promise<Link> {
    const version = await this.identify(key);
    for (;;) {
      const route = await this.router.proved(version);
      try {
        await this.objects.readFirstByte(route.storage, version);
        return await this.#links.sign(version, route, 'play');
      } catch (error) {
        const isReplica = route.storage !== this.preferences.mainStorage;
        if (!isReplica || !(error instanceof NearplayError)) throw error;
        if (isRefusal(error) || error.code === 'slow-down') this.proof.refused(route.storage, version, error.code);
        // Objects.readFirstByte has marked a silent storage as unreachable; an error other than that is not about the
        // replica.
        else if (!meansUnreachable(error)) throw error;
      }
    }
  }

  /**
   * Links to every frame of an image sequence, all from one storage: a replica only when it holds every frame.
   *
   * @param failed the storage whose link just failed in a player, and the number of the frame.
   * @throws NearplayError no-such-key when it has no frames any more; not-supported, offline …
   */
  async createSequenceLinks(id: SequenceId, failed?: { storage: string; frame: number }): Promise<SequenceLinks> {
    const frames = await this.library.frames(id);
    const one = failed && frames.find(({ number }) => number === failed.frame);
    if (one) await this.#askAgain(failed.storage, one.version.key);
    if (frames.length === 0) throw new NearplayError('no-such-key', 'The sequence has no frames any more.');
    const route = this.library.routeOfAll(frames.map(({ version }) => version));
    const links = await Promise.all(frames.map(({ version }) => this.#links.sign(version, route, 'play')));
    return {
      id,
      route,
      region: this.clients.configurationOf(route.storage).region,
      contentType: links[0]?.contentType ?? '',
      frames: frames.map(({ number }, index) => ({ number, url: links[index]?.url ?? '' })),
      expiresAt: links.reduce((earliest, { expiresAt }) => Math.min(earliest, expiresAt), Number.POSITIVE_INFINITY),
    };
  }

  /** The route of an object's current version, with proof. @throws NearplayError as createLink. */
  async explainRoute(key: string): Promise<Route> {
    return this.router.proved(await this.identify(key));
  }

  /** The current version of an object: from main, or while main is unreachable from memory or a replica. */
  async identify(key: string): Promise<ObjectVersion> {
    const { mainStorage } = this.preferences;
    let unreachable = this.reachability.errorOf(mainStorage);
    if (!unreachable) {
      try {
        return await this.#identifyOnMain(key);
      } catch (error) {
        if (!(error instanceof NearplayError && meansUnreachable(error))) throw error;
        if (this.preferences.replication.replicas.length === 0) throw error;
        unreachable = error;
      }
    }
    return this.#seen.get(key) ?? (await this.#identifyOnReplica(key, unreachable));
  }

  reading(): ReadingStatus {
    const route = this.router.general();
    const { addresses, problem } = this.#options.addresses.known();
    const summaries = this.#summaries();
    const storage = summaries.find(({ name }) => name === route.storage);
    return {
      readFrom: this.#readFrom(),
      route,
      region: storage?.region ?? '',
      label: storage?.label ?? route.storage,
      addresses,
      ...(problem !== undefined && { addressProblem: problem }),
      replicationDelaySeconds: this.preferences.replication.delaySeconds,
      storages: summaries,
    };
  }

  /** Common prefix of all links of each storage: `https://bucket.host/`, or `https://host/bucket/` for path style. */
  mediaSources(): Promise<string[]> {
    const storages = [
      this.preferences.mainStorage,
      ...this.preferences.replication.replicas.map(({ storage }) => storage),
    ];
    return Promise.all(storages.map(async (storage) => (await this.clients.baseOf(storage)).href));
  }

  stop(): void {
    this.reachability.stop();
    this.clients.destroy();
  }

  /** The user's choice while that storage exists; else the default of the preferences. */
  #readFrom(): string {
    const wanted = this.#options.readFrom();
    const { replicas } = this.preferences.replication;
    const exists = wanted === 'auto' || wanted === 'main' || replicas.some(({ storage }) => storage === wanted);
    return exists ? wanted : this.preferences.defaults.readFrom;
  }

  /**
   * Addresses for the route. While the public address is unknown, an interface address outside all ranges proves
   * nothing: the reason is then "not known yet", not "outside the ranges".
   */
  #clientAddresses(): readonly ClientAddress[] {
    const { addresses } = this.#options.addresses.known();
    if (!this.#options.addresses.isPublicUnknown()) return addresses;
    return matchReplica(this.preferences, addresses) ? addresses : [];
  }

  async #identifyOnMain(key: string): Promise<ObjectVersion> {
    const replica = this.#worthAsking(key);
    const [onMain, onReplica] = await Promise.all([
      this.objects.head(this.preferences.mainStorage, key),
      replica === undefined ? undefined : this.objects.head(replica, key).catch(() => undefined),
    ]);
    this.#remember(onMain);
    if (replica !== undefined && onReplica && isSame(onMain, onReplica)) this.proof.confirmed(replica, onMain, true);
    return onMain;
  }

  /** The replica to ask in parallel with main, so that a link costs one round trip instead of two. */
  #worthAsking(key: string): string | undefined {
    const remembered = this.#seen.get(key);
    if (!remembered) return undefined;
    const { storage } = this.router.known(remembered);
    if (storage === this.preferences.mainStorage) return undefined;
    return this.proof.of(storage, remembered).by === 'version' ? undefined : storage;
  }

  /** @param unreachable why main is not asked. */
  async #identifyOnReplica(key: string, unreachable: NearplayError): Promise<ObjectVersion> {
    let failure: NearplayError | undefined;
    for (const { storage } of this.preferences.replication.replicas) {
      if (!this.reachability.isReachable(storage)) continue;
      try {
        return await this.objects.head(storage, key);
      } catch (error) {
        if (!(error instanceof NearplayError)) throw error;
        // One that is silent too says less than main did.
        if (!meansUnreachable(error)) failure ??= error;
      }
    }
    throw failure ?? unreachable;
  }

  /** Repeats the request after a failure in the player: the storage confirms its proof, or the proof is removed. */
  async #askAgain(storage: string, key: string): Promise<void> {
    const remembered = this.#seen.get(key);
    if (!remembered || !Object.hasOwn(this.preferences.s3Configuration, storage)) return;
    try {
      await this.objects.readFirstByte(storage, remembered);
    } catch (error) {
      this.#options.log.warn('A storage failed in the player and when asked again', { storage, error });
      const code = error instanceof NearplayError ? error.code : 'internal';
      // The circuit breaker handles a silent storage; a storage that answers without the bytes is handled here.
      if (code === 'offline' || code === 'timeout') return;
      if (storage !== this.preferences.mainStorage) this.proof.refused(storage, remembered, code);
      // A missing or refused object does not affect the main storage as a whole; a 5xx answer does.
      else if (error instanceof NearplayError && (code === 'slow-down' || code === 'storage-failed'))
        this.reachability.failed(storage, error);
    }
  }

  #remember(version: ObjectVersion): void {
    const before = this.#seen.get(version.key);
    // A listing has no version id: keep the id from an earlier HEAD of the same version.
    const keep =
      version.versionId === undefined && before?.versionId !== undefined && sameEtag(before.etag, version.etag);
    this.#seen.set(version.key, keep ? before : version);
  }

  #summaries(): StorageSummary[] {
    const { s3Configuration, mainStorage, replication } = this.preferences;
    return Object.entries(s3Configuration).map(([name, { region, bucket }]) => {
      const replica = replication.replicas.find(({ storage }) => storage === name);
      const role = name === mainStorage ? 'main' : replica ? 'replica' : 'other';
      const label = replica?.label ?? name;
      return { name, label, region, bucket, role, reachable: this.reachability.isReachable(name) };
    });
  }
}

function isSame(onMain: ObjectHead, onReplica: ObjectHead): boolean {
  const lasting = lastingVersion(onMain);
  return onMain.size === onReplica.size && lasting !== undefined && lasting === onReplica.versionId;
}

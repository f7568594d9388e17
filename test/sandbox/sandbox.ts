import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type AddressService, startAddressService } from './addressService.ts';
import { createAuthority } from './certificates.ts';
import { type FaultRule, Faults } from './faults.ts';
import type { Version } from './records.ts';
import { Replication, type ReplicationException, type ReplicationRule } from './replication.ts';
import { type LoggedRequest, type RegionOptions, RegionServer } from './server.ts';
import type { SandboxCredentials } from './signatures.ts';
import { Bucket } from './store.ts';

/** A bucket that the main one is replicated to. */
export interface ReplicaOptions {
  /** The storage's name in the preferences. */
  name: string;
  region: string;
  bucket: string;
  label?: string;
  /** Default: none, so that it is never chosen automatically. */
  ipRanges?: string[];
}

export interface SandboxOptions {
  /**
   * Where objects, versions and multipart uploads in progress are kept, for the next sample storage on the same folder.
   * Default: a new temporary folder that `close` removes.
   */
  folder?: string;
  /** Default: Sydney, for 203.0.113.0/24. */
  replicas?: readonly ReplicaOptions[];
  /** Default 20,000. */
  replicationDelayMs?: number;
  /** Added to the clock of the storage, to be ahead of (or behind) the clients' clocks. */
  clockOffsetMs?: number;
  credentials?: SandboxCredentials;
  /** Ports by storage name; 0 or absent: any free one. */
  ports?: Record<string, number>;
  /** Initial answer of the address service. Default 203.0.113.7, which reads from Sydney. */
  publicAddress?: string | null;
  /** All over TLS, with a certificate authority of its own: clients have to trust `caCertificate`. */
  https?: boolean;
  /** Called as each request arrives, before it is answered. */
  requested?: (request: LoggedRequest) => void;
}

export interface SandboxRegion {
  /** The storage's name in the preferences. */
  name: string;
  region: string;
  bucket: string;
  endpoint: string;
}

interface PreferencesOverrides {
  /** Default 20. */
  delaySeconds?: number;
  /** Of the first replica. */
  ipRanges?: string[];
  /** Default: the sample storage's own address service. */
  services?: string[];
}

type Place = Pick<ReplicaOptions, 'name' | 'region' | 'bucket'>;

const MAIN: Place = { name: 'main-us', region: 'us-east-1', bucket: 'studio-media' };
const SYDNEY: ReplicaOptions = {
  name: 'sydney',
  region: 'ap-southeast-2',
  bucket: 'studio-media-syd',
  label: 'Sydney',
  ipRanges: ['203.0.113.0/24'],
};
/** An address of the documentation range that Sydney is for. */
const IN_SYDNEY = '203.0.113.7';
/** Of every storage in the preferences. */
const PREFIX = 'media';

/** The running sample storage: a main region and its replicas, one bucket each. */
export interface Sandbox {
  main: SandboxRegion;
  /** The first of `replicas`. */
  replica: SandboxRegion;
  replicas: readonly SandboxRegion[];
  credentials: SandboxCredentials;
  addressService: AddressService;
  /** PEM, when the sample storage speaks HTTPS. */
  caCertificate?: string;
  /** Isolation Preferences for this storage, as a document ready to be written to a file. */
  preferences(overrides?: PreferencesOverrides): object;
  /** Returns the function that takes the fault away again. */
  addFault(rule: FaultRule): () => void;
  clearFaults(): void;
  /** The rule for all that is written from now on. */
  setReplication(rule: Partial<ReplicationRule>): void;
  /** Another rule for some keys or destinations; returns the function that takes it away again. */
  addReplicationException(exception: ReplicationException): () => void;
  /** Replicates failed, waiting and older versions now; default: all such keys. */
  replicateAgain(key?: RegExp): void;
  setClock(offsetMs: number): void;
  /** Milliseconds since the epoch, on the storage's clock. */
  now(): number;
  /** Every request that arrived, oldest first. */
  requests: LoggedRequest[];
  /** Content of a bucket, for tests that look behind the API. */
  bucketOf(name: string): Bucket;
  /** Waits for the current version of a key in one replica (default: the first). @throws Error after `timeoutMs`. */
  waitForReplica(key: string, timeoutMs: number, name?: string): Promise<Version>;
  close(): Promise<void>;
}

/**
 * Starts the sample storage on loopback. A tool for tests and demonstrations; never part of the app.
 * @throws Error when a port is taken, or when the index in `folder` is damaged.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const replicaOptions = options.replicas ?? [SYDNEY];
  const places = [MAIN, ...replicaOptions];
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'nearplay-sandbox-')));
  const buckets = await openBuckets(places, folder, options.folder !== undefined);
  const destinations = replicaOptions.map(({ name }) => ({ name, bucket: buckets.of(name) }));
  const rule = { delayMs: options.replicationDelayMs ?? 20_000, mode: 'normal' as const };
  const replication = new Replication(buckets.of(MAIN.name), destinations, rule);
  const faults = new Faults();
  const requests: LoggedRequest[] = [];
  const credentials = options.credentials ?? newCredentials();
  let clockOffset = options.clockOffsetMs ?? 0;
  const now = () => Date.now() + clockOffset;
  const authority = options.https === true ? createAuthority(Date.now()) : undefined;
  const identity = authority?.issue(['localhost', '*.localhost', '127.0.0.1']);
  const keep = (request: LoggedRequest) => {
    requests.push(request);
    options.requested?.(request);
  };
  const { main, replicas, close } = await startRegions(places, buckets.of, replication, {
    ...{ credentials, faults, now, logged: keep },
    ...{ ports: options.ports ?? {}, ...(identity && { identity }) },
  });
  const [replica] = replicas;
  if (!replica) throw new Error('The sample storage needs at least one replica');
  const { publicAddress = IN_SYDNEY } = options;
  const addressService = await startAddressService(publicAddress, identity);
  replication.resume();

  return {
    ...{ main, replica, replicas, credentials, addressService, requests, bucketOf: buckets.of, now },
    ...(authority && { caCertificate: authority.certificate }),
    preferences: (overrides = {}) =>
      preferencesFor([main, ...replicas], replicaOptions, { services: [addressService.url], ...overrides }),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    setReplication: (changed) => replication.setRule(changed),
    addReplicationException: (exception) => replication.addException(exception),
    replicateAgain: (key = /(?:)/) => replication.repeat(key),
    setClock: (offset) => {
      clockOffset = offset;
    },
    waitForReplica: (key, timeoutMs, name = replica.name) =>
      untilReplicated(key, timeoutMs, buckets.of(MAIN.name), buckets.of(name)),
    async close() {
      replication.stop();
      await Promise.all([addressService.close(), close()]);
      buckets.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Buckets {
  /** @throws Error for a name that the sample storage does not have. */
  of: (name: string) => Bucket;
  close: () => void;
}

async function openBuckets(places: readonly Place[], folder: string, isKept: boolean): Promise<Buckets> {
  const buckets = new Map<string, Bucket>();
  for (const { name, bucket } of places) {
    if (buckets.has(name)) throw new Error(`The sample storage has "${name}" twice`);
    const opened = new Bucket(bucket, join(folder, name), isKept);
    await opened.prepare();
    buckets.set(name, opened);
  }
  return {
    of(name) {
      const bucket = buckets.get(name);
      if (!bucket) throw new Error(`The sample storage has no "${name}"`);
      return bucket;
    },
    close() {
      for (const bucket of buckets.values()) bucket.close();
    },
  };
}

type Surroundings = Pick<RegionOptions, 'credentials' | 'faults' | 'now' | 'logged' | 'identity'> & {
  ports: Record<string, number>;
};

/** One server a region; the first is the main one, whose new versions are replicated to the others. */
async function startRegions(
  [mainPlace = MAIN, ...replicaPlaces]: readonly Place[],
  bucketOf: (name: string) => Bucket,
  replication: Replication,
  { ports, ...shared }: Surroundings,
) {
  const regions: SandboxRegion[] = [];
  const servers: RegionServer[] = [];
  const start = async (place: Place, own: Pick<RegionOptions, 'destinations' | 'created'>) => {
    const { name, region, bucket } = place;
    const elsewhere = () => regions.filter((other) => other.name !== name);
    const port = ports[name] ?? 0;
    const server = new RegionServer({ ...shared, ...own, region, bucket: bucketOf(name), port, elsewhere });
    const started = { name, region, bucket, endpoint: await server.listen() };
    regions.push(started);
    servers.push(server);
    return started;
  };
  const created = (version: Version) => replication.schedule(version);
  const main = await start(mainPlace, { destinations: replicaPlaces, created });
  const replicas: SandboxRegion[] = [];
  for (const place of replicaPlaces) {
    replicas.push(await start(place, { destinations: [], created: () => undefined }));
  }
  return { main, replicas, close: () => Promise.all(servers.map((server) => server.close())) };
}

async function untilReplicated(key: string, timeoutMs: number, source: Bucket, replica: Bucket): Promise<Version> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const wanted = source.current(key);
    const there = replica.current(key);
    if (wanted && there?.versionId === wanted.versionId) return there;
    if (performance.now() > deadline) throw new Error(`"${key}" was not replicated within ${timeoutMs} ms`);
    await wait(20);
  }
}

/** Random per run: no stored credential opens a sample storage. */
function newCredentials(): SandboxCredentials {
  return {
    accessKeyId: `SANDBOX${randomBytes(6).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(24).toString('base64url'),
  };
}

function preferencesFor(
  regions: readonly SandboxRegion[],
  replicas: readonly ReplicaOptions[],
  { delaySeconds = 20, ipRanges, services = [] }: PreferencesOverrides,
): object {
  const storages = regions.map(({ name, region, bucket, endpoint }) => [
    name,
    { region, bucket, prefix: PREFIX, endpoint, forcePathStyle: true },
  ]);
  return {
    version: 1,
    s3Configuration: Object.fromEntries(storages) as object,
    mainStorage: MAIN.name,
    replication: {
      delaySeconds,
      replicas: replicas.map(({ name, label, ipRanges: own = [] }, index) => ({
        storage: name,
        ...(label !== undefined && { label }),
        ipRanges: index === 0 ? (ipRanges ?? own) : own,
      })),
    },
    publicIp: { services },
  };
}

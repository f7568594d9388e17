import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startAddressService, type AddressService } from './addressService.ts';
import { createAuthority } from './certificates.ts';
import { Faults, type FaultRule } from './faults.ts';
import type { Version } from './records.ts';
import { Replication, type ReplicationException, type ReplicationRule } from './replication.ts';
import { RegionServer, type LoggedRequest } from './server.ts';
import type { SandboxCredentials } from './signatures.ts';
import { Bucket } from './store.ts';

/** A bucket that the main one is replicated to. */
export interface ReplicaOptions {
  /** The storage's name in the preferences. */
  name: string;
  region: string;
  bucket: string;
  label?: string;
  /** Default: none, so that nobody reads from it automatically. */
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
  /** What the address service reports at first. Default 203.0.113.7, which reads from Sydney. */
  publicAddress?: string | null;
  /** All over TLS, with a certificate authority of its own: clients have to trust `caCertificate`. */
  https?: boolean;
}

export interface SandboxRegion {
  /** The storage's name in the preferences. */
  name: string;
  region: string;
  bucket: string;
  endpoint: string;
}

export interface PreferencesOverrides {
  /** Default 20. */
  delaySeconds?: number;
  /** Of the first replica. */
  ipRanges?: string[];
  /** Default: the sample storage's own address service. */
  services?: string[];
}

const MAIN = { name: 'main-us', region: 'us-east-1', bucket: 'studio-media' };
const SYDNEY: ReplicaOptions = {
  name: 'sydney',
  region: 'ap-southeast-2',
  bucket: 'studio-media-syd',
  label: 'Sydney',
  ipRanges: ['203.0.113.0/24'],
};
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
  /** Replicates now what failed, waits for ever or is older than the rules; default: all such keys. */
  replicateAgain(key?: RegExp): void;
  setClock(offsetMs: number): void;
  /** Milliseconds since the epoch, on the storage's clock. */
  now(): number;
  /** Every request that arrived, oldest first. */
  requests: LoggedRequest[];
  /** What a bucket holds, without a request: for tests to look behind the API. */
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
  const [firstReplica] = replicaOptions;
  if (!firstReplica) throw new Error('The sample storage needs at least one replica');
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'nearplay-sandbox-')));
  const credentials = options.credentials ?? newCredentials();
  const authority = options.https === true ? createAuthority(Date.now()) : undefined;
  const identity = authority?.issue(['localhost', '*.localhost', '127.0.0.1']);
  const faults = new Faults();
  const requests: LoggedRequest[] = [];
  let clockOffset = options.clockOffsetMs ?? 0;
  const now = () => Date.now() + clockOffset;

  const buckets = new Map<string, Bucket>();
  for (const { name, bucket } of [MAIN, ...replicaOptions]) {
    if (buckets.has(name)) throw new Error(`The sample storage has "${name}" twice`);
    buckets.set(name, new Bucket(bucket, join(folder, name), options.folder !== undefined));
  }
  const bucketOf = (name: string): Bucket => {
    const bucket = buckets.get(name);
    if (!bucket) throw new Error(`The sample storage has no "${name}"`);
    return bucket;
  };
  const destinations = replicaOptions.map(({ name }) => ({ name, bucket: bucketOf(name) }));
  const rule = { delayMs: options.replicationDelayMs ?? 20_000, mode: 'normal' as const };
  const replication = new Replication(bucketOf(MAIN.name), destinations, rule);

  const regions: SandboxRegion[] = [];
  const servers: RegionServer[] = [];
  for (const { name, region, bucket } of [MAIN, ...replicaOptions]) {
    const isMain = name === MAIN.name;
    await bucketOf(name).prepare();
    const server = new RegionServer({
      ...{ region, bucket: bucketOf(name), port: options.ports?.[name] ?? 0, credentials, faults, now },
      ...(identity && { identity }),
      elsewhere: () => regions.filter((other) => other.name !== name),
      destinations: isMain ? replicaOptions : [],
      created: (version) => {
        if (isMain) replication.schedule(version);
      },
      logged: (request) => void requests.push(request),
    });
    regions.push({ name, region, bucket, endpoint: await server.listen() });
    servers.push(server);
  }
  const [main, ...replicas] = regions;
  const [replica] = replicas;
  if (!main || !replica) throw new Error('The sample storage did not start');
  replication.resume();
  const publicAddress = options.publicAddress === undefined ? '203.0.113.7' : options.publicAddress;
  const addressService = await startAddressService(publicAddress, identity);

  return {
    ...{ main, replica, replicas, credentials, addressService, requests, bucketOf, now },
    ...(authority && { caCertificate: authority.certificate }),
    preferences: (overrides = {}) =>
      preferencesFor(regions, replicaOptions, { services: [addressService.url], ...overrides }),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    setReplication: (changed) => replication.setRule(changed),
    addReplicationException: (exception) => replication.addException(exception),
    replicateAgain: (key = /(?:)/) => replication.repeat(key),
    setClock: (offset) => {
      clockOffset = offset;
    },
    async waitForReplica(key, timeoutMs, name = firstReplica.name) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const wanted = bucketOf(MAIN.name).current(key);
        const there = bucketOf(name).current(key);
        if (wanted && there?.versionId === wanted.versionId) return there;
        if (performance.now() > deadline) throw new Error(`"${key}" was not replicated within ${timeoutMs} ms`);
        await wait(20);
      }
    },
    async close() {
      replication.stop();
      await Promise.all([addressService.close(), ...servers.map((server) => server.close())]);
      for (const bucket of buckets.values()) bucket.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Fresh for every run: nothing that is written down anywhere opens a sample storage. */
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

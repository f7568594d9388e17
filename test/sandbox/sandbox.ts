import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Faults, type FaultRule } from './faults.ts';
import { Replication, type ReplicationRule } from './replication.ts';
import { RegionServer, type LoggedRequest } from './server.ts';
import type { SandboxCredentials } from './signatures.ts';
import { Bucket, type Version } from './store.ts';

export interface SandboxOptions {
  /** Where the bytes go. Default: a new temporary folder that `close` removes. */
  folder?: string;
  /** Default 20,000. */
  replicationDelayMs?: number;
  /** Added to the clock of the storage, to be ahead of (or behind) the clients' clocks. */
  clockOffsetMs?: number;
  credentials?: SandboxCredentials;
  /** Ports by storage name; 0 or absent: any free one. */
  ports?: Record<string, number>;
}

export interface SandboxRegion {
  /** The storage's name in the preferences. */
  name: string;
  region: string;
  bucket: string;
  endpoint: string;
}

const MAIN = { name: 'main-us', region: 'us-east-1', bucket: 'studio-media' };
const REPLICA = { name: 'sydney', region: 'ap-southeast-2', bucket: 'studio-media-syd' };

/** The running sample storage: two regions, one bucket each, replication from the first to the second. */
export interface Sandbox {
  main: SandboxRegion;
  replica: SandboxRegion;
  credentials: SandboxCredentials;
  /** Isolation Preferences for this storage, as a document ready to be written to a file. */
  preferences(overrides?: { delaySeconds?: number; ipRanges?: string[]; services?: string[] }): object;
  /** Returns the function that takes the fault away again. */
  addFault(rule: FaultRule): () => void;
  clearFaults(): void;
  setReplication(rule: Partial<ReplicationRule>): void;
  setClock(offsetMs: number): void;
  /** Every request that was answered or cut, oldest first. */
  requests: LoggedRequest[];
  /** What a bucket holds, without a request: for tests to look behind the API. */
  bucketOf(name: string): Bucket;
  /** @throws Error after `timeoutMs`. */
  waitForReplica(key: string, timeoutMs: number): Promise<Version>;
  close(): Promise<void>;
}

/** Starts the sample storage on loopback. A tool for tests and demonstrations; never part of the app. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'nearplay-sandbox-')));
  const credentials = options.credentials ?? newCredentials();
  const faults = new Faults();
  const requests: LoggedRequest[] = [];
  let clockOffset = options.clockOffsetMs ?? 0;
  const now = () => Date.now() + clockOffset;
  const buckets = new Map([MAIN, REPLICA].map(({ name, bucket }) => [name, new Bucket(bucket, join(folder, name))]));
  const bucketOf = (name: string): Bucket => {
    const bucket = buckets.get(name);
    if (!bucket) throw new Error(`The sample storage has no "${name}"`);
    return bucket;
  };
  const rule = { delayMs: options.replicationDelayMs ?? 20_000, mode: 'normal' as const };
  const replication = new Replication([bucketOf(REPLICA.name)], rule);

  const start = async (place: typeof MAIN, created: (version: Version) => void) => {
    const bucket = bucketOf(place.name);
    await bucket.prepare();
    const port = options.ports?.[place.name] ?? 0;
    const logged = (request: LoggedRequest) => void requests.push(request);
    const server = new RegionServer({ ...place, bucket, port, credentials, faults, now, created, logged });
    return { server, region: { ...place, endpoint: `http://127.0.0.1:${await server.listen()}` } };
  };
  const main = await start(MAIN, (version) => replication.schedule(version));
  const replica = await start(REPLICA, () => undefined);

  return {
    main: main.region,
    replica: replica.region,
    credentials,
    requests,
    bucketOf,
    preferences: (overrides = {}) => preferencesFor(main.region, replica.region, overrides),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    setReplication: (changed) => replication.setRule(changed),
    setClock: (offset) => {
      clockOffset = offset;
    },
    async waitForReplica(key, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const wanted = bucketOf(MAIN.name).current(key);
        const there = bucketOf(REPLICA.name).current(key);
        if (wanted && there?.versionId === wanted.versionId) return there;
        if (Date.now() > deadline) throw new Error(`"${key}" was not replicated within ${timeoutMs} ms`);
        await wait(20);
      }
    },
    async close() {
      replication.stop();
      await Promise.all([main.server.close(), replica.server.close()]);
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
  main: SandboxRegion,
  replica: SandboxRegion,
  overrides: { delaySeconds?: number; ipRanges?: string[]; services?: string[] },
): object {
  const storage = ({ region, bucket, endpoint }: SandboxRegion) => ({
    region,
    bucket,
    prefix: 'media',
    endpoint,
    forcePathStyle: true,
  });
  return {
    version: 1,
    s3Configuration: { [main.name]: storage(main), [replica.name]: storage(replica) },
    mainStorage: main.name,
    replication: {
      delaySeconds: overrides.delaySeconds ?? 20,
      replicas: [{ storage: replica.name, label: 'Sydney', ipRanges: overrides.ipRanges ?? ['203.0.113.0/24'] }],
    },
    publicIp: { services: overrides.services ?? [] },
  };
}

import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { performance } from 'node:perf_hooks';
import { NearplayError, reportOf } from '../../../shared/errors.ts';
import type { Measurement } from '../../../shared/reading.ts';
import { MIB, SECOND_MS } from '../../../shared/units.ts';
import { httpStatusOf } from '../runtime/errorFacts.ts';
import { assertListing } from '../storage/listingPages.ts';
import type { ObjectVersion } from '../storage/objectVersion.ts';
import { wholeKey } from '../storage/storageKeys.ts';
import type { Studio } from './studio.ts';

const PING_COUNT = 4;
/** Long enough for a TCP congestion window to open over an ocean, short enough for a user to wait. */
const READ_DURATION_MS = 3 * SECOND_MS;
const MAX_READ_BYTES = 8 * MIB;
/** Ratio from which another storage is recommended: noise or a busy moment must not cause advice. */
const ADVICE_SPEED_RATIO = 2;

/**
 * Measures latency, and throughput where `object` is held by every storage. Storages are measured one after the other
 * so that they do not share the line; about 4 s each at most.
 */
export async function measureStorages(
  studio: Studio,
  sample?: ObjectVersion,
  signal?: AbortSignal,
): Promise<Measurement[]> {
  const { mainStorage, replication } = studio.preferences;
  const measurements: Measurement[] = [];
  for (const storage of [mainStorage, ...replication.replicas.map((replica) => replica.storage)]) {
    signal?.throwIfAborted();
    measurements.push(await measure(studio, storage, sample, signal));
  }
  return measurements;
}

/**
 * The storage that is clearly faster than the one of the route; advice only. Compares throughput where both are known,
 * else latency.
 */
export function advise(chosen: string, measurements: readonly Measurement[]): string | undefined {
  const current = measurements.find(({ storage }) => storage === chosen);
  if (!current) return undefined;
  const others = measurements.filter(({ storage, error }) => storage !== chosen && !error);
  const faster = others.filter((other) => timesFaster(other, current) >= ADVICE_SPEED_RATIO);
  return faster.sort((a, b) => timesFaster(b, current) - timesFaster(a, current))[0]?.storage;
}

function timesFaster(other: Measurement, current: Measurement): number {
  if (current.error) return Number.POSITIVE_INFINITY;
  if (other.throughput !== undefined && current.throughput !== undefined) return other.throughput / current.throughput;
  if (other.latency !== undefined && current.latency !== undefined) return current.latency / other.latency;
  return 0;
}

async function measure(
  studio: Studio,
  storage: string,
  sample: ObjectVersion | undefined,
  signal?: AbortSignal,
): Promise<Measurement> {
  try {
    const latency = await measureLatency(studio, storage, signal);
    const throughput = sample && (await measureThroughput(studio, storage, sample, signal).catch(() => undefined));
    return { storage, latency, ...(throughput !== undefined && { throughput }) };
  } catch (error) {
    return { storage, error: reportOf(error) };
  }
}

async function measureLatency(studio: Studio, storage: string, signal?: AbortSignal): Promise<number> {
  const { bucket, prefix } = studio.clients.configurationOf(storage);
  // A request whose answer has a body: without one, a firewall's looks like a storage's.
  const one = { Bucket: bucket, Prefix: prefix, MaxKeys: 1 };
  const times: number[] = [];
  for (let ping = 0; ping < PING_COUNT; ping++) {
    const started = performance.now();
    const asked = { storage, action: 's3:ListBucket', ...(signal && { signal }) };
    await studio.requests
      .request(asked, async (client, send) => assertListing(await client.send(new ListObjectsV2Command(one), send)))
      .catch((error: unknown) => {
        // A refusal of the storage is an answer too, with a full round trip; the page of a firewall is none of its.
        const isNone = error instanceof NearplayError && error.code === 'not-a-storage';
        if (isNone || httpStatusOf(error instanceof Error ? error.cause : undefined) === 0) throw error;
      });
    // The first request includes DNS, connection and TLS, and is not counted.
    if (ping > 0) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

async function measureThroughput(
  studio: Studio,
  storage: string,
  { key, versionId }: ObjectVersion,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const configuration = studio.clients.configurationOf(storage);
  const command = new GetObjectCommand({
    Bucket: configuration.bucket,
    Key: wholeKey(configuration, key),
    ...(versionId !== undefined && { VersionId: versionId }),
    Range: `bytes=0-${MAX_READ_BYTES - 1}`,
  });
  const deadline = AbortSignal.timeout(READ_DURATION_MS);
  const abortSignal = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const started = performance.now();
  let received = 0;
  try {
    const { Body } = await studio.clients.clientOf(storage).send(command, { abortSignal });
    for await (const chunk of Body as AsyncIterable<Uint8Array>) received += chunk.length;
  } catch (error) {
    if (!deadline.aborted) throw error;
  }
  const elapsed = (performance.now() - started) / SECOND_MS;
  return received > 0 ? Math.round(received / elapsed) : undefined;
}

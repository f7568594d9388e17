import { GetObjectCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { performance } from 'node:perf_hooks';
import { reportOf } from '../../../shared/errors.ts';
import type { Measurement } from '../../../shared/reading.ts';
import { httpStatusOf } from '../runtime/errorFacts.ts';
import type { ObjectVersion } from '../storage/objectVersion.ts';
import { wholeKey } from '../storage/storageKeys.ts';
import type { Studio } from './studio.ts';

const SECOND = 1000;
const MIB = 1024 * 1024;
const PINGS = 4;
/** Long enough for a congestion window to open over an ocean, short enough to wait for. */
const READ_FOR = 3 * SECOND;
const READ_AT_MOST = 8 * MIB;
/** Advice needs a clear winner: neither noise nor a busy moment should send anybody elsewhere. */
const CLEARLY_FASTER = 2;

/**
 * Measures latency, and throughput where an object is given that every storage holds. One storage after the other, so
 * that they do not share the line; some 4 s a storage at most.
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
 * The storage that would clearly serve better than the one the route names: advice, never an order. By throughput where it
 * is known for both, else by latency.
 */
export function advise(chosen: string, measurements: readonly Measurement[]): string | undefined {
  const current = measurements.find(({ storage }) => storage === chosen);
  if (!current) return undefined;
  const others = measurements.filter(({ storage, error }) => storage !== chosen && !error);
  const faster = others.filter((other) => timesFaster(other, current) >= CLEARLY_FASTER);
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
  const { bucket } = studio.clients.configurationOf(storage);
  const times: number[] = [];
  for (let ping = 0; ping < PINGS; ping++) {
    const started = performance.now();
    const asked = { storage, action: 's3:ListBucket', ...(signal && { signal }) };
    await studio.requests
      .request(asked, (client, send) => client.send(new HeadBucketCommand({ Bucket: bucket }), send))
      .catch((error: unknown) => {
        // A refusal took its round trip like any other answer.
        if (httpStatusOf(error instanceof Error ? error.cause : undefined) === 0) throw error;
      });
    // The first one pays for name, connection and TLS.
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
    Range: `bytes=0-${READ_AT_MOST - 1}`,
  });
  const deadline = AbortSignal.timeout(READ_FOR);
  const abortSignal = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const started = performance.now();
  let received = 0;
  try {
    const { Body } = await studio.clients.clientOf(storage).send(command, { abortSignal });
    for await (const chunk of Body as AsyncIterable<Uint8Array>) received += chunk.length;
  } catch (error) {
    if (!deadline.aborted) throw error;
  }
  const elapsed = (performance.now() - started) / SECOND;
  return received > 0 ? Math.round(received / elapsed) : undefined;
}

import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINIO, pathOf } from '../helpers/goPrograms.ts';
import { startMinio } from '../helpers/minioServer.ts';
import { createAuthority } from '../sandbox/certificates.ts';
import { startSandbox } from '../sandbox/sandbox.ts';

export const SERVER_KINDS = ['minio', 'sandbox'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];
export const PROTOCOLS = ['http', 'https'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** An empty storage for one run. */
export interface BenchServer {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** PEM file of its authority, over HTTPS. */
  caFile?: string;
  /** What arrived. */
  contents(): Promise<{ objects: number; bytes: number }>;
  /** How many requests have arrived so far; absent where the server does not count them. */
  requests?: () => number;
  /** Stops it, and removes all that it kept. */
  close(): Promise<void>;
}

const PREFIX = 'media';

/** Isolation Preferences with this one storage. */
export function preferencesOf({ endpoint, region, bucket }: BenchServer): object {
  return {
    version: 1,
    s3Configuration: { 'main-us': { region, bucket, prefix: PREFIX, endpoint, forcePathStyle: true } },
    mainStorage: 'main-us',
    publicIp: { services: [] },
  };
}

/** @param kind absent: MinIO where it is installed, since it costs less of the processor that clients share with it. */
export async function chooseServer(kind?: ServerKind): Promise<{
  name: string;
  start: (protocol: Protocol) => Promise<BenchServer>;
}> {
  const minio = kind === 'sandbox' ? undefined : await pathOf(MINIO);
  if (minio !== undefined) return { name: `MinIO ${MINIO.version}`, start: (protocol) => minioFor(minio, protocol) };
  if (kind === 'minio') throw new Error('MinIO is not installed; with NEARPLAY_INSTALL_TOOLS=1 it is built with Go');
  return { name: 'the sample storage, in the process of the benchmark', start: sandboxFor };
}

async function minioFor(minio: string, protocol: Protocol): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-server-'));
  const keys = { accessKeyId: 'bench', secretAccessKey: randomBytes(24).toString('base64url') };
  const authority = protocol === 'https' ? createAuthority(Date.now()) : undefined;
  const identity = authority?.issue(['localhost', '127.0.0.1']);
  const server = await startMinio({ minio, folder, ...keys, ...(identity && { identity }) });
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const place = { endpoint: server.endpoint, region: 'us-east-1', bucket: 'studio-media', ...keys };
    const caFile = await writeAuthority(folder, authority?.certificate);
    const client = clientOf(place, authority?.certificate);
    await client.send(new CreateBucketCommand({ Bucket: place.bucket }));
    return {
      ...place,
      ...caFile,
      contents: () => contentsOf(client, place.bucket),
      close: async () => {
        client.destroy();
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await server.stop();
    await remove();
    throw error;
  }
}

async function sandboxFor(protocol: Protocol): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-bench-server-'));
  const sandbox = await startSandbox({ https: protocol === 'https' });
  sandbox.setReplication({ mode: 'never' });
  const { endpoint, region, bucket } = sandbox.main;
  const place = { endpoint, region, bucket, ...sandbox.credentials };
  const client = clientOf(place, sandbox.caCertificate);
  return {
    ...place,
    ...(await writeAuthority(folder, sandbox.caCertificate)),
    contents: () => contentsOf(client, bucket),
    requests: () => sandbox.requests.length,
    close: async () => {
      client.destroy();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeAuthority(folder: string, certificate: string | undefined): Promise<{ caFile?: string }> {
  if (certificate === undefined) return {};
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, certificate);
  return { caFile };
}

type Place = Pick<BenchServer, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;

function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: Place, ca: string | undefined): S3Client {
  return new S3Client({
    ...{ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } },
    ...(ca !== undefined && { requestHandler: new NodeHttpHandler({ httpsAgent: new Agent({ ca }) }) }),
  });
}

async function contentsOf(client: S3Client, bucket: string): Promise<{ objects: number; bytes: number }> {
  let [objects, bytes] = [0, 0];
  for (let token: string | undefined, isLast = false; !isLast;) {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, ...(token !== undefined && { ContinuationToken: token }) }),
    );
    for (const { Size: size = 0 } of page.Contents ?? []) [objects, bytes] = [objects + 1, bytes + size];
    token = page.NextContinuationToken;
    isLast = token === undefined;
  }
  return { objects, bytes };
}

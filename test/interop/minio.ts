import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MINIO, MINIO_CLIENT, pathOf } from '../helpers/goPrograms.ts';
import { type MinioServer, startMinio } from '../helpers/minioServer.ts';

const run = promisify(execFile);
const MINUTE = 60_000;

export interface MinioTools {
  minio: string;
  mc: string;
  /** As MinIO says it. */
  version: string;
}

/** MinIO and its client, built where that is asked for; a sentence that says what is missing otherwise. */
export async function findMinio(): Promise<MinioTools | string> {
  const minio = await pathOf(MINIO);
  const mc = await pathOf(MINIO_CLIENT);
  if (minio !== undefined && mc !== undefined) return { minio, mc, version: await versionOf(minio) };
  return 'MinIO is not installed; `npm run test:interop` builds it, where Go is there';
}

/** Two servers with one versioned bucket each; the first replicates to the second. */
export interface MinioPair {
  main: { endpoint: string; bucket: string };
  replica: { endpoint: string; bucket: string };
  accessKeyId: string;
  secretAccessKey: string;
  /** The end of what the servers have said, for whoever wants to know why something failed. */
  lastWords(): string;
  stop(): Promise<void>;
}

export async function startMinioPair({ minio, mc }: MinioTools): Promise<MinioPair> {
  const folder = await mkdtemp(join(tmpdir(), 'nearplay-minio-'));
  const credentials = { accessKeyId: 'interop', secretAccessKey: 'interop-secret-key' };
  const servers = new Map<string, MinioServer>();
  const lastWords = () =>
    [...servers]
      .map(([name, server]) => `MinIO, ${name}, its last lines:\n${server.lastWords() || '(nothing)'}`)
      .join('\n');
  const stop = async () => {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const started = await Promise.allSettled(
      ['main', 'replica'].map(async (name) => {
        const server = await startMinio({ minio, folder: join(folder, name), ...credentials });
        servers.set(name, server);
      }),
    );
    for (const start of started) if (start.status === 'rejected') throw start.reason;
    const [one, two] = ['main', 'replica'].map((name) => servers.get(name)?.endpoint);
    if (one === undefined || two === undefined) throw new Error('MinIO did not start');
    const main = { endpoint: one, bucket: 'studio-media' };
    const replica = { endpoint: two, bucket: 'studio-media-syd' };
    const client = (...args: string[]) => run(mc, ['--config-dir', join(folder, 'mc'), ...args], { timeout: MINUTE });
    for (const [alias, { endpoint, bucket }] of Object.entries({ main, replica })) {
      await client('alias', 'set', alias, endpoint, credentials.accessKeyId, credentials.secretAccessKey);
      await client('mb', `${alias}/${bucket}`);
      await client('version', 'enable', `${alias}/${bucket}`);
    }
    const { host } = new URL(replica.endpoint);
    const target = `http://${credentials.accessKeyId}:${credentials.secretAccessKey}@${host}/${replica.bucket}`;
    await client('replicate', 'add', `main/${main.bucket}`, '--remote-bucket', target, '--priority', '1');
    return { main, replica, ...credentials, lastWords, stop };
  } catch (error) {
    await stop();
    throw new Error(`The MinIO servers could not be set up.\n${lastWords()}`, { cause: error });
  }
}

async function versionOf(minio: string): Promise<string> {
  const { stdout } = await run(minio, ['--version'], { timeout: MINUTE });
  return stdout.split('\n')[0] ?? 'MinIO';
}

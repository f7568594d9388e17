import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const READY_WITHIN = MINUTE;
/** Of each server's output. */
const LAST_LINES = 40;
const INSTALL_WITHIN = 20 * MINUTE;
const suffix = process.platform === 'win32' ? '.exe' : '';
/** Where `npm run test:interop` puts what it builds; kept for the next run. */
const TOOLS = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'nearplay-interop');

export interface MinioTools {
  minio: string;
  mc: string;
  /** As MinIO says it. */
  version: string;
}

/**
 * MinIO and its client: from PATH, or built earlier; with `NEARPLAY_INSTALL_TOOLS=1` and Go on the machine, built now from
 * the Go module proxy (some minutes, once). A sentence that says what is missing otherwise.
 */
export async function findMinio(): Promise<MinioTools | string> {
  const [minio, mc] = [find('minio'), find('mc')];
  if (minio !== undefined && mc !== undefined) return { minio, mc, version: await versionOf(minio) };
  if (process.env['NEARPLAY_INSTALL_TOOLS'] !== '1')
    return 'MinIO is not installed; `npm run test:interop` builds it with Go';
  const hasGo = await run('go', ['version'], { timeout: MINUTE }).catch(() => undefined);
  if (!hasGo) return 'MinIO is not installed, and Go is not there to build it';
  await mkdir(TOOLS, { recursive: true });
  process.stdout.write('interop: building MinIO and its client with Go, once...\n');
  for (const program of ['minio', 'mc']) {
    const env = { ...process.env, GOBIN: TOOLS, GOFLAGS: '-mod=mod' };
    await run('go', ['install', `github.com/minio/${program}@latest`], { env, timeout: INSTALL_WITHIN });
  }
  return findMinio();
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
  const servers: ChildProcess[] = [];
  const said = { main: new LastLines(LAST_LINES), replica: new LastLines(LAST_LINES) };
  const lastWords = () =>
    Object.entries(said)
      .map(([name, lines]) => `MinIO, ${name}, its last lines:\n${lines.text() || '(nothing)'}`)
      .join('\n');
  const stop = async () => {
    await Promise.all(servers.map(end));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [one, two] = await Promise.all(
      (['main', 'replica'] as const).map(async (name) => {
        const endpoint = `http://127.0.0.1:${await freePort()}`;
        const server = startServer(minio, join(folder, name), endpoint, await freePort(), credentials);
        for (const stream of [server.stdout, server.stderr]) {
          stream?.setEncoding('utf8').on('data', (text: string) => said[name].take(text));
        }
        servers.push(server);
        await ready(endpoint);
        return endpoint;
      }),
    );
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

/** The end of an output that comes in any pieces. */
class LastLines {
  readonly #most: number;
  #lines: string[] = [''];

  constructor(most: number) {
    this.#most = most;
  }

  take(text: string): void {
    const [first = '', ...rest] = text.split('\n');
    this.#lines = [...this.#lines.slice(0, -1), (this.#lines.at(-1) ?? '') + first, ...rest].slice(-this.#most - 1);
  }

  text(): string {
    return this.#lines.join('\n').trimEnd();
  }
}

function startServer(
  minio: string,
  folder: string,
  endpoint: string,
  consolePort: number,
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
): ChildProcess {
  const { host } = new URL(endpoint);
  const args = ['server', folder, '--address', host, '--console-address', `127.0.0.1:${consolePort}`, '--quiet'];
  const env = { ...process.env, MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey };
  return spawn(minio, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ready(endpoint: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN;
  for (;;) {
    const answer = await fetch(`${endpoint}/minio/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`MinIO at ${endpoint} is not ready`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function end(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) resolve();
    server.once('exit', () => resolve());
    server.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function find(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), TOOLS];
  return folders
    .map((folder) => join(folder, `${program}${suffix}`))
    .find((path) => existsSync(path) && isMinio(program, path));
}

/** On many machines `mc` is Midnight Commander. */
function isMinio(program: string, path: string): boolean {
  return program !== 'mc' || !/^\/(usr\/)?bin\/mc$/.test(path);
}

async function versionOf(minio: string): Promise<string> {
  const { stdout } = await run(minio, ['--version'], { timeout: MINUTE });
  return stdout.split('\n')[0] ?? 'MinIO';
}

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { get as getOverHttp, type IncomingMessage } from 'node:http';
import { get as getOverHttps } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import type { ServerIdentity } from '../sandbox/certificates.ts';

const READY_TIMEOUT_MS = MINUTE_MS;
const POLL_INTERVAL_MS = SECOND_MS / 10;
/** Lines of output that are kept. */
const KEPT_OUTPUT_LINES = 40;

export interface MinioOptions {
  /** The program. */
  minio: string;
  /** An empty folder; the caller removes it. */
  folder: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Speaks HTTPS as this one. */
  identity?: ServerIdentity;
}

export interface MinioServer {
  endpoint: string;
  /** End of its output, to explain a failure. */
  lastWords(): string;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts MinIO on loopback. @throws Error with its last words when it is not ready within a minute */
export async function startMinio(options: MinioOptions): Promise<MinioServer> {
  const { minio, folder, accessKeyId, secretAccessKey, identity } = options;
  const certificates = join(folder, 'certificates');
  await mkdir(certificates, { recursive: true });
  if (identity) {
    await writeFile(join(certificates, 'public.crt'), identity.certificate);
    await writeFile(join(certificates, 'private.key'), identity.key, { mode: 0o600 });
  }
  const [port, consolePort] = [await freePort(), await freePort()];
  const server = spawn(
    minio,
    [
      ...['server', join(folder, 'objects'), '--quiet', '--certs-dir', certificates],
      ...['--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${consolePort}`],
    ],
    {
      env: { ...process.env, MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const said = new LastLines(KEPT_OUTPUT_LINES);
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => said.take(text));
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) resolve();
      server.once('exit', () => resolve());
      server.kill('SIGKILL');
    });
  const endpoint = `${identity ? 'https' : 'http'}://127.0.0.1:${port}`;
  const failed = new Promise<never>((_, reject) => server.once('error', reject));
  try {
    await Promise.race([ready(endpoint), failed]);
    return { endpoint, lastWords: () => said.text(), stop };
  } catch (error) {
    await stop();
    throw new Error(`MinIO did not start. Its last lines:\n${said.text() || '(nothing)'}`, { cause: error });
  }
}

/** Last lines of an output that arrives in chunks. */
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

async function ready(endpoint: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await isReady(`${endpoint}/minio/health/ready`))) {
    if (performance.now() > deadline) throw new Error(`MinIO at ${endpoint} is not ready`);
    await wait(POLL_INTERVAL_MS);
  }
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answered = (answer: IncomingMessage) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    };
    // Only whether it is up: callers check whom they send data to.
    const request = url.startsWith('https')
      ? getOverHttps(url, { rejectUnauthorized: false, timeout: SECOND_MS }, answered)
      : getOverHttp(url, { timeout: SECOND_MS }, answered);
    request.on('timeout', () => request.destroy()).on('error', () => resolve(false));
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

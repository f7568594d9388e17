import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** What one run cost, of the client's process and its children alone. */
export interface Cost {
  seconds: number;
  cpuSeconds: number;
  /** Bytes. */
  peakMemory: number;
}

/** What a client has to send, and where to. */
export interface Errand {
  sandbox: Sandbox;
  path: string;
  isFolder: boolean;
  /** PEM file of the sandbox's authority, over HTTPS. */
  caFile?: string;
}

export interface UploadClient {
  name: string;
  /** As it would be typed, for the reader. */
  version(): Promise<string | undefined>;
  command(errand: Errand, scratch: string): { program: string; args: string[]; env: Record<string, string> };
}

/** What this machine has set up for AWS is none of the sample storage's business. */
const FOREIGN_FREE = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
const TIMEOUT = 15 * 60_000;
const TIME = '/usr/bin/time';

/** Runs one client once. @throws Error when it fails, with what it said */
export async function measure(client: UploadClient, errand: Errand): Promise<Cost> {
  const scratch = await mkdtemp(join(tmpdir(), 'nearplay-bench-'));
  try {
    const { program, args, env } = client.command(errand, scratch);
    const figures = join(scratch, 'figures');
    const begun = performance.now();
    const { code, output } = await run(TIME, ['-o', figures, '-f', '%U %S %M', program, ...args], env);
    const seconds = (performance.now() - begun) / 1000;
    if (code !== 0) throw new Error(`${client.name} ended with ${code}: ${output.slice(-2000)}`);
    const [user = 0, system = 0, kilobytes = 0] = (await readFile(figures, 'utf8')).trim().split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakMemory: kilobytes * 1024 };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(program, args, {
    env: { ...FOREIGN_FREE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(TIMEOUT),
  });
  let output = '';
  const keep = (text: string) => (output += text);
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** The first line that a program says of itself; undefined where it is not installed. */
async function firstLine(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { code, output } = await run(program, args, {});
    return code === 0 ? output.trim().split('\n')[0] : undefined;
  } catch {
    return undefined;
  }
}

const keysOf = ({ sandbox: { credentials } }: Errand) => ({
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
});
const destinationOf = ({ sandbox: { main }, path, isFolder }: Errand) =>
  `${main.bucket}/media/${basename(path)}${isFolder ? '/' : ''}`;

const nearplay: UploadClient = {
  name: 'nearplay',
  version: () => Promise.resolve(`the transfer engine on Node ${process.version}`),
  command(errand, scratch) {
    const { sandbox, path, caFile } = errand;
    const argument = {
      ...{ preferences: sandbox.preferences(), credentials: sandbox.credentials, path },
      journalFolder: join(scratch, 'journal'),
    };
    const program = join(import.meta.dirname, 'uploadClient.ts');
    return {
      program: process.execPath,
      args: [program, JSON.stringify(argument)],
      env: { ...(caFile !== undefined && { NODE_EXTRA_CA_CERTS: caFile }) },
    };
  },
};

const awsCli: UploadClient = {
  name: 'aws-cli',
  version: () => firstLine('aws', '--version'),
  command: (errand, scratch) => ({
    program: 'aws',
    args: [
      ...['s3', 'cp', errand.path, `s3://${destinationOf(errand)}`, '--only-show-errors'],
      ...['--region', errand.sandbox.main.region, '--endpoint-url', errand.sandbox.main.endpoint],
      ...(errand.isFolder ? ['--recursive'] : []),
    ],
    env: {
      ...keysOf(errand),
      AWS_CONFIG_FILE: join(scratch, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(scratch, 'none'),
      ...(errand.caFile !== undefined && { AWS_CA_BUNDLE: errand.caFile }),
    },
  }),
};

const rclone: UploadClient = {
  name: 'rclone',
  version: () => firstLine('rclone', 'version'),
  command: (errand, scratch) => ({
    program: 'rclone',
    args: [
      ...['--config', join(scratch, 'none'), errand.isFolder ? 'copy' : 'copyto', errand.path],
      ...[`bench:${destinationOf(errand)}`, ...(errand.caFile === undefined ? [] : ['--ca-cert', errand.caFile])],
    ],
    env: {
      RCLONE_CONFIG_BENCH_TYPE: 's3',
      RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
      RCLONE_CONFIG_BENCH_ENDPOINT: errand.sandbox.main.endpoint,
      RCLONE_CONFIG_BENCH_REGION: errand.sandbox.main.region,
      RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: errand.sandbox.credentials.accessKeyId,
      RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: errand.sandbox.credentials.secretAccessKey,
    },
  }),
};

const s5cmd: UploadClient = {
  name: 's5cmd',
  version: () => firstLine('s5cmd', 'version'),
  command: (errand) => ({
    program: 's5cmd',
    args: [
      ...['--endpoint-url', errand.sandbox.main.endpoint, ...(errand.caFile === undefined ? [] : ['--no-verify-ssl'])],
      ...['cp', errand.isFolder ? `${errand.path}/` : errand.path, `s3://${destinationOf(errand)}`],
    ],
    env: { ...keysOf(errand), AWS_REGION: errand.sandbox.main.region },
  }),
};

/** Ours first, which is always there; the others where they are installed. */
export const UPLOAD_CLIENTS: readonly UploadClient[] = [nearplay, awsCli, rclone, s5cmd];

import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { pathOf, S5CMD } from '../helpers/goPrograms.ts';
import { type CommandLine, firstLine } from './cost.ts';
import type { BenchServer } from './servers.ts';

const run = promisify(execFile);

/** What a client has to send, and where to. */
interface Errand {
  server: BenchServer;
  path: string;
  isFolder: boolean;
  /** An empty folder of this run's own, with `preferences.json` in it. */
  scratch: string;
}

/** An upload client with its default settings, as it is installed. */
export interface UploadClient {
  name: string;
  version: string;
  command(errand: Errand): CommandLine;
}

/** @param cli our command line as it is installed: one bundled file. */
export function nearplay(cli: string): UploadClient {
  return {
    name: 'nearplay',
    version: `on Node ${process.version}`,
    command: ({ server, path, scratch }) => ({
      program: process.execPath,
      args: [cli, 'upload', path],
      env: {
        ...keysOf(server),
        NEARPLAY_HOME: join(scratch, 'home'),
        NEARPLAY_PREFERENCES: join(scratch, 'preferences.json'),
        ...(server.caFile !== undefined && { NODE_EXTRA_CA_CERTS: server.caFile }),
      },
    }),
  };
}

/** Those of the others that are on this machine. */
export async function otherClients(): Promise<{ installed: UploadClient[]; missing: string[] }> {
  const all = { 'aws-cli': await awsCli(), rclone: await rclone(), s5cmd: await s5cmd() };
  return {
    installed: Object.values(all).filter((client) => client !== undefined),
    missing: Object.entries(all).flatMap(([name, client]) => (client ? [] : [name])),
  };
}

async function awsCli(): Promise<UploadClient | undefined> {
  const program = await behindShim('aws');
  const version = await firstLine(program, '--version');
  if (version === undefined) return undefined;
  return {
    name: 'aws-cli',
    version,
    command: ({ server, path, isFolder, scratch }) => ({
      program,
      args: [
        ...['s3', 'cp', path, destinationOf(server, path, isFolder), '--only-show-errors'],
        ...['--region', server.region, '--endpoint-url', server.endpoint],
        ...(isFolder ? ['--recursive'] : []),
      ],
      env: {
        ...keysOf(server),
        AWS_CONFIG_FILE: join(scratch, 'none'),
        AWS_SHARED_CREDENTIALS_FILE: join(scratch, 'none'),
        ...(server.caFile !== undefined && { AWS_CA_BUNDLE: server.caFile }),
      },
    }),
  };
}

async function rclone(): Promise<UploadClient | undefined> {
  const version = await firstLine('rclone', 'version');
  if (version === undefined) return undefined;
  return {
    name: 'rclone',
    version,
    command: ({ server, path, isFolder, scratch }) => ({
      program: 'rclone',
      args: [
        ...['--config', join(scratch, 'none'), isFolder ? 'copy' : 'copyto', path],
        `bench:${keyOf(server, path, isFolder)}`,
        ...(server.caFile === undefined ? [] : ['--ca-cert', server.caFile]),
      ],
      env: {
        RCLONE_CONFIG_BENCH_TYPE: 's3',
        RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
        RCLONE_CONFIG_BENCH_ENDPOINT: server.endpoint,
        RCLONE_CONFIG_BENCH_REGION: server.region,
        RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: server.accessKeyId,
        RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: server.secretAccessKey,
      },
    }),
  };
}

async function s5cmd(): Promise<UploadClient | undefined> {
  const program = await pathOf(S5CMD);
  if (program === undefined) return undefined;
  return {
    name: 's5cmd',
    // Built from the module, it does not know its own version.
    version: `${S5CMD.version} or what PATH has (${program})`,
    command: ({ server, path, isFolder }) => ({
      program,
      args: [
        ...['--endpoint-url', server.endpoint, 'cp', isFolder ? `${path}/` : path],
        destinationOf(server, path, isFolder),
      ],
      env: {
        ...keysOf(server),
        AWS_REGION: server.region,
        ...(server.caFile !== undefined && { SSL_CERT_FILE: server.caFile }),
      },
    }),
  };
}

const keysOf = ({ accessKeyId, secretAccessKey }: BenchServer) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
});

const keyOf = ({ bucket }: BenchServer, path: string, isFolder: boolean) =>
  `${bucket}/media/${basename(path)}${isFolder ? '/' : ''}`;
const destinationOf = (server: BenchServer, path: string, isFolder: boolean) => `s3://${keyOf(server, path, isFolder)}`;

/** pyenv puts a shell script before each program, which would be measured along with it. */
async function behindShim(program: string): Promise<string> {
  const answer = await run('pyenv', ['which', program]).catch(() => undefined);
  return answer?.stdout.trim() ?? program;
}

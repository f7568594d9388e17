import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { pathOf, RCLONE, S5CMD } from '../helpers/goPrograms.ts';
import { type CommandLine, firstLine } from './cost.ts';
import type { BenchServer } from './servers.ts';

const run = promisify(execFile);

export const DIRECTIONS = ['put', 'get'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** What a client has to transfer, and where. */
interface Errand {
  direction: Direction;
  server: BenchServer;
  /** Of the file or folder, below the prefix. */
  name: string;
  /** On this machine: the file or folder that is sent, or the empty folder that is filled. */
  path: string;
  isFolder: boolean;
  /** An empty folder of this run's own, with `preferences.json` in it. */
  scratch: string;
}

export interface TransferCommand extends CommandLine {
  /** What has to be in the scratch folder. */
  files?: Readonly<Record<string, string>>;
}

/** A client with its default settings, as it is installed. */
export interface TransferClient {
  name: ClientName;
  version: string;
  command(errand: Errand): TransferCommand;
}

export const OURS = 'nearplay';
/** The two of aws-cli differ in the setting `preferred_transfer_client` alone. */
const OTHERS = ['aws-cli', 'aws-cli-crt', 'rclone', 's5cmd'] as const;
export const CLIENTS = [OURS, ...OTHERS] as const;
export type ClientName = (typeof CLIENTS)[number];

/** @param cli our command line as it is installed: one bundled file. */
export function nearplay(cli: string): TransferClient {
  return {
    name: OURS,
    version: `on Node ${process.version}`,
    command: (errand) => ({
      program: process.execPath,
      args: [cli, ...nearplayArguments(errand)],
      env: {
        ...keysOf(errand.server),
        NEARPLAY_HOME: join(errand.scratch, 'home'),
        NEARPLAY_PREFERENCES: join(errand.scratch, 'preferences.json'),
        ...(errand.server.caFile !== undefined && { NODE_EXTRA_CA_CERTS: errand.server.caFile }),
      },
    }),
  };
}

function nearplayArguments({ direction, name, path, isFolder }: Errand): string[] {
  if (direction === 'put') return ['upload', path];
  // The slash at the end of a destination makes it a folder.
  return isFolder ? ['get', `${name}/`, path] : ['get', name, `${path}/`];
}

/** Those of the others that are on this machine, and why the rest are not. */
export async function otherClients(
  names: readonly ClientName[],
): Promise<{ installed: TransferClient[]; missing: { name: ClientName; why: string }[] }> {
  const installed: TransferClient[] = [];
  const missing: { name: ClientName; why: string }[] = [];
  for (const name of OTHERS.filter((other) => names.includes(other))) {
    const client = await FINDERS[name]();
    if (client) installed.push(client);
    else missing.push({ name, why: name === 'aws-cli-crt' ? 'needs aws-cli 2 in PATH' : 'is not installed' });
  }
  return { installed, missing };
}

const FINDERS: Record<(typeof OTHERS)[number], () => Promise<TransferClient | undefined>> = {
  'aws-cli': () => awsCli('classic'),
  'aws-cli-crt': () => awsCli('crt'),
  rclone,
  s5cmd,
};

/**
 * The first of PATH; for the CRT client (AWS Common Runtime) the first of version 2, since version 1 lacks it. The setting is
 * named for both: version 2 chooses by the machine otherwise (`auto`). Version 1 does not know it.
 */
async function awsCli(transferClient: 'classic' | 'crt'): Promise<TransferClient | undefined> {
  const found = await awsPrograms();
  const chosen =
    transferClient === 'classic' ? found[0] : found.find(({ version }) => version.startsWith('aws-cli/2.'));
  if (chosen === undefined) return undefined;
  const { program, version } = chosen;
  const name = transferClient === 'classic' ? 'aws-cli' : 'aws-cli-crt';
  return {
    name,
    version: `${version} (${program})`,
    command: (errand) => ({
      program,
      args: [
        ...['s3', 'cp', ...fromAndTo(errand, `s3://${keyOf(errand)}`, errand.path), '--only-show-errors'],
        ...['--region', errand.server.region, '--endpoint-url', errand.server.endpoint],
        ...(errand.isFolder ? ['--recursive'] : []),
      ],
      files: { 'aws-config': `[default]\ns3 =\n  preferred_transfer_client = ${transferClient}\n` },
      env: {
        ...keysOf(errand.server),
        AWS_CONFIG_FILE: join(errand.scratch, 'aws-config'),
        AWS_SHARED_CREDENTIALS_FILE: join(errand.scratch, 'none'),
        ...(errand.server.caFile !== undefined && { AWS_CA_BUNDLE: errand.server.caFile }),
      },
    }),
  };
}

/** Every `aws` of PATH that runs, in its order. */
async function awsPrograms(): Promise<{ program: string; version: string }[]> {
  const folders = [...new Set((process.env['PATH'] ?? '').split(delimiter))];
  const paths = folders.map((folder) => join(folder, 'aws')).filter((path) => existsSync(path));
  const programs = await Promise.all(paths.map(behindShim));
  const versions = await Promise.all(programs.map((program) => firstLine(program, '--version')));
  return programs.flatMap((program, index) => {
    const version = versions[index];
    return version === undefined ? [] : [{ program, version }];
  });
}

async function rclone(): Promise<TransferClient | undefined> {
  const program = await pathOf(RCLONE);
  const version = program === undefined ? undefined : await firstLine(program, 'version');
  if (program === undefined || version === undefined) return undefined;
  return {
    name: 'rclone',
    version: `${version} (${program})`,
    command: (errand) => {
      const { server, scratch, isFolder, direction, path, name } = errand;
      // copyto names the file at its destination, copy the folder.
      const here = isFolder || direction === 'put' ? path : join(path, name);
      return {
        program,
        args: [
          ...['--config', join(scratch, 'none'), isFolder ? 'copy' : 'copyto'],
          ...fromAndTo(errand, `bench:${keyOf(errand)}`, here),
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
      };
    },
  };
}

async function s5cmd(): Promise<TransferClient | undefined> {
  const program = await pathOf(S5CMD);
  if (program === undefined) return undefined;
  return {
    name: 's5cmd',
    // Built from the module, it does not know its own version.
    version: `${S5CMD.version} or what PATH has (${program})`,
    command: (errand) => {
      const { server, isFolder, direction, path } = errand;
      const there = `s3://${keyOf(errand)}${isFolder && direction === 'get' ? '*' : ''}`;
      const here = isFolder || direction === 'get' ? `${path}/` : path;
      return {
        program,
        args: ['--endpoint-url', server.endpoint, 'cp', ...fromAndTo(errand, there, here)],
        env: {
          ...keysOf(server),
          AWS_REGION: server.region,
          ...(server.caFile !== undefined && { SSL_CERT_FILE: server.caFile }),
        },
      };
    },
  };
}

const fromAndTo = ({ direction }: Errand, there: string, here: string): string[] =>
  direction === 'put' ? [here, there] : [there, here];

const keysOf = ({ accessKeyId, secretAccessKey }: BenchServer) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
});

const keyOf = ({ server, name, isFolder }: Errand) => `${server.bucket}/media/${name}${isFolder ? '/' : ''}`;

/** pyenv puts a shell script before each program, which would be measured along with it. */
async function behindShim(path: string): Promise<string> {
  if (!path.includes(join('.pyenv', 'shims'))) return path;
  const answer = await run('pyenv', ['which', 'aws']).catch(() => undefined);
  return answer?.stdout.trim() ?? path;
}

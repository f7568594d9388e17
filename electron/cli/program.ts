import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { MIN_BYTES_PER_SECOND } from '../../shared/bandwidth.ts';
import { NearplayError, reportOf } from '../../shared/errors.ts';
import { parseAddress } from '../../shared/ipRanges.ts';
import { GIB, MIB } from '../../shared/units.ts';
import type { GetOptions } from './downloading.ts';
import type { RouteOptions } from './offline.ts';
import { OutputClosed } from './output.ts';
import {
  type CliSurroundings,
  type CommandContext,
  type CommonOptions,
  contextOf,
  reportError,
  unsteered,
} from './surroundings.ts';
import type { UploadOptions, WaitingOptions } from './upload.ts';
import { VERSION } from './version.ts';
import type { WatchOptions } from './watch.ts';
import type { ServiceNeeds } from './withServices.ts';

export const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** The command waited for as long as `--wait` allows. */
const EXIT_WAIT_ENDED = 3;
/** Exit code of a program ended by a signal: 128 and the signal's number (POSIX, "Exit Status for Commands"). */
export const EXIT_BY_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** Minutes; setTimeout is limited to about 35,000. */
const MAX_WAIT_MINUTES = 30_000;

/**
 * Runs one command and resolves to its exit code: 0; 1 for a failure; 2 for invalid arguments; 3 for a wait that
 * exceeded its limit; 130 after Ctrl+C. Errors go to stderr, as `{code, message}` with `--json`, else as one line;
 * never a stack trace.
 */
export async function runCli(args: readonly string[], terminal: CliSurroundings): Promise<number> {
  const json = args.includes('--json');
  const surroundings = unsteered(terminal);
  try {
    return await interpret(args, contextOf(json, surroundings));
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    const { code, message, detail } = reportOf(error);
    reportError(contextOf(json, surroundings), code, message, undefined, detail);
    if (code === 'cancelled' && surroundings.signal.aborted) return EXIT_BY_SIGNAL.SIGINT;
    return code === 'wait-ended' ? EXIT_WAIT_ENDED : EXIT_FAILED;
  }
}

/** Each command loads its own modules: those of an upload take longer to load than the whole of `--help` does. */
async function interpret(args: readonly string[], context: CommandContext): Promise<number> {
  const { json, surroundings } = context;
  let exitCode = 0;
  const program = new Command('nearplay')
    .description("Media from the nearest copy of the studio's S3 bucket")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: surroundings.stdout,
      writeErr: surroundings.stderr,
      outputError: (text, write) =>
        write(json ? `${JSON.stringify({ code: 'bad-request', message: text.trim() })}\n` : text),
    });
  const offline = (command: Command) =>
    command
      .option('--json', 'print JSON, one object a line')
      .option('--preferences <file>', 'Isolation Preferences (default: $NEARPLAY_PREFERENCES)');
  const online = (command: Command) =>
    offline(command).option('--profile <name>', 'AWS profile (default: the AWS environment)');
  const reading = (command: Command) =>
    online(command)
      .option('--read-from <where>', 'auto, main or the storage of a replica')
      .option('--ip <address>', 'be taken for somebody at this address', anAddress);

  const waiting = (command: Command) =>
    online(command).option(
      '--wait <minutes>',
      'end when nothing has moved for so long (default: 30 without a terminal)',
      someMinutes,
    );

  waiting(program.command('upload <path...>'))
    .description('upload files and folders to the main storage; "-" is what comes in')
    .option('--to <folder>', 'folder in the main storage', '')
    .addOption(
      new Option('--on-conflict <what>', 'when the name is there already')
        .choices(['ask', 'skip', 'replace', 'keep-both'])
        .default('ask'),
    )
    .option('--limit-rate <rate>', 'at most so much, as in 20MB/s or 500KiB/s', aRate)
    .option('--receipts <file>', 'write the receipts of what arrived to a file, as JSON')
    .option('--allow-empty', 'with "-": nothing that comes in becomes an empty file')
    .action(async (paths: string[], options: UploadOptions) => {
      refuseEmpty(...paths, options.receipts);
      const { uploadCommand } = await import('./upload.ts');
      exitCode = await uploadCommand(paths, options, context);
    });
  const uploads = program.command('uploads').description('uploads that a run left unfinished; the same upload goes on');
  offline(uploads.command('list', { isDefault: true }))
    .description('name them')
    .action(async () => {
      const { uploadsCommand } = await import('./upload.ts');
      await uploadsCommand(context);
    });
  waiting(uploads.command('resume'))
    .description('go on with all of them')
    .action(async (options: WaitingOptions) => {
      const { resumeCommand } = await import('./upload.ts');
      exitCode = await resumeCommand(options, context);
    });
  waiting(uploads.command('cancel'))
    .description('give all of them up, and remove their parts from the storage')
    .action(async (options: WaitingOptions) => {
      const { giveUpCommand } = await import('./upload.ts');
      exitCode = await giveUpCommand(options, context);
    });
  online(program.command('watch <path> <folder>'))
    .description('upload what comes into a folder of this computer, until Ctrl+C; each file once, also the next time')
    .option('--existing', 'also upload what is there when it is watched for the first time')
    .option('--limit-rate <rate>', 'at most so much, as in 20MB/s or 500KiB/s', aRate)
    .option('--wait <minutes>', 'end when nothing has moved for so long (default: never)', someMinutes)
    .action(async (path: string, folder: string, options: WatchOptions) => {
      refuseEmpty(path);
      const { watchCommand } = await import('./watch.ts');
      exitCode = await watchCommand(path, folder, options, context);
    });
  online(program.command('verify <path> [folder]'))
    .description('compare the files of a folder with a folder of the main storage (default: its own name), by content')
    .action(async (path: string, folder: string | undefined, options: CommonOptions) => {
      refuseEmpty(path);
      const { verifyCommand } = await import('./verify.ts');
      exitCode = await verifyCommand(path, folder, options, context);
    });
  reading(program.command('ls [folder]'))
    .description('list a folder, with where each file is read from')
    .action(async (folder: string | undefined, options: ServiceNeeds) => {
      const { listCommand } = await import('./reading.ts');
      await listCommand(folder ?? '', options, context);
    });
  reading(program.command('link <key>'))
    .description('sign a link to the nearest copy of a file')
    .action(async (key: string, options: ServiceNeeds) => {
      const { linkCommand } = await import('./reading.ts');
      await linkCommand(key, options, context);
    });
  reading(program.command('get <key> [destination]'))
    .description(
      'bring a file, or with a slash at its end all of a folder, to disk from the nearest copy; the same command goes on where a killed one was',
    )
    .option('--wait <minutes>', 'end when nothing has moved for so long (default: 30 without a terminal)', someMinutes)
    .action(async (key: string, destination: string | undefined, options: GetOptions) => {
      refuseEmpty(destination);
      if (key.endsWith('/')) {
        const { getFolderCommand } = await import('./getFolder.ts');
        exitCode = await getFolderCommand(key, destination, options, context);
      } else {
        const { getCommand } = await import('./get.ts');
        await getCommand(key, destination ?? './', options, context);
      }
    });
  offline(program.command('route'))
    .description('say where somebody at an address reads from, and why; asks nobody')
    .requiredOption('--ip <address>', 'the address of the client', anAddress)
    .option('--age <seconds>', 'the age of the object', aCount, 24 * 3600)
    .option('--read-from <where>', 'auto, main or the storage of a replica')
    .action(async (options: RouteOptions) => {
      const { routeCommand } = await import('./offline.ts');
      await routeCommand(options, context);
    });
  online(program.command('status <key>'))
    .description('say how far the replication of a file is, replica by replica')
    .action(async (key: string, options: CommonOptions) => {
      const { statusCommand } = await import('./reading.ts');
      await statusCommand(key, options, context);
    });
  online(program.command('doctor'))
    .description('check preferences, credentials, storages, clock and address, with remedies')
    .action(async (options: CommonOptions) => {
      const { doctorCommand } = await import('./doctor.ts');
      exitCode = await doctorCommand(options, context);
    });
  const preferences = program.command('preferences').description('work with Isolation Preferences');
  offline(preferences.command('check <file>'))
    .description('check a preferences file: the normalised document and what was found')
    .action(async (file: string) => {
      const { checkCommand } = await import('./offline.ts');
      exitCode = await checkCommand(file, context);
    });

  await program.parseAsync([...args], { from: 'user' });
  return exitCode;
}

function anAddress(text: string): string {
  if (!parseAddress(text)) throw new InvalidArgumentError('It is not an IPv4 or IPv6 address.');
  return text;
}

function aCount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It is not a number of seconds.');
  }
  return value;
}

/** Minutes; a part of one too. */
function someMinutes(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > MAX_WAIT_MINUTES) {
    throw new InvalidArgumentError(`It is not a number of minutes from 0 to ${MAX_WAIT_MINUTES}.`);
  }
  return value;
}

/** @throws NearplayError bad-request for '', which would otherwise be the current folder */
function refuseEmpty(...paths: readonly (string | undefined)[]): void {
  if (!paths.includes('')) return;
  throw new NearplayError('bad-request', 'A path is empty. Name a file or folder; "." is this one.');
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: MIB,
  Gi: GIB,
};

/** Bytes a second. */
function aRate(text: string): number {
  // A small b stands for bits.
  if (/[KMG]i?b(\/s)?$/.test(text.trim())) {
    throw new InvalidArgumentError('A rate is in bytes: write B, as in 20MB/s. Eight bits (b) are one byte.');
  }
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMG]i?)?(?:B?(?:\/s)?)$/i.exec(text.trim()) ?? [];
  const factor = Object.entries(UNITS).find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  const rate = Math.round(Number(digits) * (factor ?? NaN));
  if (!Number.isFinite(rate) || rate < MIN_BYTES_PER_SECOND) {
    throw new InvalidArgumentError('It is no rate of 16KiB/s or more, as in 20MB/s.');
  }
  return rate;
}

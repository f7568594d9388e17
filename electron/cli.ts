#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NearplayError, reportOf } from '../shared/errors.ts';
import { parseAddress } from '../shared/ipRanges.ts';
import { parsePreferences, type Finding, type IsolationPreferences } from '../shared/preferences.ts';
import { route, type ClientAddress } from '../shared/routing.ts';

/** What the command line touches of the process it runs in; passed in, so that a test can be the terminal. */
export interface CliSurroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/**
 * Runs one command and resolves to its exit code: 0, 1 for a failure, 2 for words that are no command. Errors go to
 * stderr, as `{code, message}` with `--json` and as one line without; never a stack trace.
 */
export async function runCli(args: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const json = args.includes('--json');
  try {
    return await interpret(args, surroundings, json);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    const { code, message } = reportOf(error);
    surroundings.stderr(json ? `${JSON.stringify({ code, message })}\n` : `nearplay: ${message}\n`);
    return EXIT_FAILED;
  }
}

async function interpret(args: readonly string[], surroundings: CliSurroundings, json: boolean): Promise<number> {
  let exitCode = 0;
  const program = new Command('nearplay')
    .description("Media from the nearest copy of the studio's S3 bucket")
    .exitOverride()
    .configureOutput({
      writeOut: surroundings.stdout,
      writeErr: surroundings.stderr,
      outputError: (text, write) =>
        write(json ? `${JSON.stringify({ code: 'bad-request', message: text.trim() })}\n` : text),
    });
  const withCommonOptions = (command: Command) =>
    command
      .option('--json', 'print one JSON object')
      .option('--preferences <file>', 'Isolation Preferences (default: $NEARPLAY_PREFERENCES)');

  withCommonOptions(program.command('route'))
    .description('say where somebody at an address reads from, and why; asks nobody')
    .requiredOption('--ip <address>', 'the address of the client', anAddress)
    .option('--age <seconds>', 'the age of the object', aCount, 24 * 3600)
    .option('--read-from <where>', 'auto, main or the storage of a replica')
    .action(async (options: RouteOptions) => {
      const decision = decide(await loadPreferences(options.preferences, surroundings), options, surroundings.now());
      surroundings.stdout(json ? `${JSON.stringify(decision)}\n` : sentence(decision));
    });

  const preferences = program.command('preferences').description('work with Isolation Preferences');
  withCommonOptions(preferences.command('check <file>'))
    .description('check a preferences file: the normalised document and what was found')
    .action(async (file: string) => {
      const { document = null, findings } = parsePreferences(await readText(resolve(surroundings.cwd, file)));
      if (json) surroundings.stdout(`${JSON.stringify({ usable: document !== null, document, findings })}\n`);
      else for (const finding of findings) surroundings.stdout(`${file}${findingLine(finding)}\n`);
      if (!json) surroundings.stdout(document ? 'The preferences can be used.\n' : 'The preferences cannot be used.\n');
      exitCode = document ? 0 : EXIT_FAILED;
    });

  await program.parseAsync([...args], { from: 'user' });
  return exitCode;
}

interface RouteOptions {
  ip: string;
  age: number;
  readFrom?: string;
  preferences?: string;
}

interface Decision {
  storage: string;
  region: string;
  reason: string;
  matchedRange: string | null;
  secondsLeft: number | null;
}

function decide(preferences: IsolationPreferences, options: RouteOptions, now: number): Decision {
  const readFrom = options.readFrom ?? preferences.defaults.readFrom;
  const choices = ['auto', 'main', ...preferences.replication.replicas.map(({ storage }) => storage)];
  if (!choices.includes(readFrom)) {
    throw new NearplayError('bad-request', `"${readFrom}" cannot be read from; choose one of: ${choices.join(', ')}`);
  }
  const client: ClientAddress[] = [{ address: options.ip, source: 'given' }];
  const object = { lastModified: now - options.age * 1000 };
  const { storage, reason, details } = route(object, preferences, readFrom, client, {}, now);
  return {
    storage,
    region: preferences.s3Configuration[storage]?.region ?? '',
    reason,
    matchedRange: details.matchedRange ?? null,
    secondsLeft: details.secondsLeft ?? null,
  };
}

function sentence({ storage, region, reason, matchedRange, secondsLeft }: Decision): string {
  const range = matchedRange === null ? '' : `, range ${matchedRange}`;
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`;
  return `${storage} (${region}): ${reason}${range}${left}\n`;
}

async function loadPreferences(option: string | undefined, { env, cwd }: CliSurroundings) {
  const file = option ?? env['NEARPLAY_PREFERENCES'];
  if (file === undefined || file === '') {
    throw new NearplayError('no-preferences', 'Name the preferences with --preferences FILE or NEARPLAY_PREFERENCES.');
  }
  const { document, findings } = parsePreferences(await readText(resolve(cwd, file)));
  if (document) return document;
  const errors = findings.filter(({ severity }) => severity === 'error').map(findingLine);
  throw new NearplayError('preferences-invalid', `${file} cannot be used: ${errors.join('; ')}`);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NearplayError('file-unreadable', `${file} cannot be read.`, { cause });
  }
}

function findingLine({ severity, path, line, message }: Finding): string {
  const place = [line === undefined ? '' : `:${line}`, path === '' ? '' : ` ${path}`].join('');
  return `${place}: ${severity}: ${message}`;
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

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await runCli(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    now: () => Date.now(),
  });
}

import type { Readable } from 'node:stream';
import { isAbsolute, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { NearplayError, type ErrorCode } from '../../shared/errors.ts';
import type { Machine } from './machine.ts';
import type { Finding } from '../../shared/preferences.ts';

/** What the command line touches of the process it runs in; passed in, so that a test can be the terminal. */
export interface CliSurroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** For `upload -`; absent where there is none. */
  stdin?: Readable;
  /** Asks whoever sits at a terminal; absent where nobody does. `undefined`: no answer comes any more. */
  ask?: (question: string) => Promise<string | undefined>;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
  platform: string;
  /** Whether a person sees what is said on stderr as it is said. */
  isTerminal?: boolean;
  /** Default: the one that the process runs on. */
  machine?: Machine;
  /** Aborted when the user presses Ctrl+C. */
  signal: AbortSignal;
}

/** What every command takes. */
export interface CommonOptions {
  preferences?: string;
  profile?: string;
}

/** One command at work: what was asked for in common, and how it answers. */
export interface CommandContext {
  json: boolean;
  surroundings: CliSurroundings;
  /** Prints an object as one line with `--json`, the text without. */
  print(value: object, text: string): void;
}

export function contextOf(json: boolean, surroundings: CliSurroundings): CommandContext {
  return {
    json,
    surroundings,
    print: (value, text) => surroundings.stdout(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
  };
}

/** Says on stderr what is wrong, as errors are said, and that the command goes on. */
export function complain({ json, surroundings }: CommandContext, code: ErrorCode, message: string, key?: string): void {
  const named = key === undefined ? message : `${key}: ${message}`;
  surroundings.stderr(json ? `${JSON.stringify({ code, message, key })}\n` : `nearplay: ${named}\n`);
}

/** The preferences file named by option or environment, absolute; undefined when neither names one. */
export function namedPreferences(option: string | undefined, { env, cwd }: CliSurroundings): string | undefined {
  const file = option ?? env['NEARPLAY_PREFERENCES'];
  if (file === undefined || file === '') return undefined;
  return isAbsolute(file) ? file : resolve(cwd, file);
}

/** @throws NearplayError file-unreadable */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NearplayError('file-unreadable', `${file} cannot be read.`, { cause });
  }
}

export function findingLine({ severity, path, line, message }: Finding): string {
  const place = [line === undefined ? '' : `:${line}`, path === '' ? '' : ` ${path}`].join('');
  return `${place}: ${severity}: ${message}`;
}

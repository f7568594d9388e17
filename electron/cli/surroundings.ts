import { isAbsolute, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type ErrorCode, NearplayError } from '../../shared/errors.ts';
import { type Finding, type ParsedPreferences, parsePreferencesBytes } from '../../shared/preferences.ts';
import { terminalLines, terminalText } from '../../shared/terminalText.ts';
import { readSmallFile } from '../services/files/smallFile.ts';
import type { Machine } from '../services/runtime/machine.ts';

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
  /** Prints an object as one line with `--json`, the text without: one line or some, each safe for a terminal. */
  print(value: object, text: string | readonly string[]): void;
}

export function contextOf(json: boolean, surroundings: CliSurroundings): CommandContext {
  return {
    json,
    surroundings,
    print: (value, text) => {
      const lines = typeof text === 'string' ? [text] : text;
      surroundings.stdout(
        json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${terminalText(line)}\n`).join(''),
      );
    },
  };
}

/** Says on stderr what is wrong, as errors are said, and that the command goes on. */
export function reportError(
  context: CommandContext,
  code: ErrorCode,
  message: string,
  key?: string,
  detail?: string,
): void {
  report(context, { code, message, key, detail }, key === undefined ? message : `${key}: ${message}`);
  // With --json it stands in the object.
  if (detail !== undefined && !context.json) context.surroundings.stderr(`  ${terminalText(detail)}\n`);
}

/** Says an object as one line on stderr with `--json`; without, one line of text that is safe for a terminal. */
export function report(
  { json, surroundings }: Pick<CommandContext, 'json' | 'surroundings'>,
  value: object,
  text: string,
): void {
  surroundings.stderr(json ? `${JSON.stringify(value)}\n` : `nearplay: ${terminalText(text)}\n`);
}

/** The same terminal, to which nothing is written that could steer it, whichever way it comes: keys and answers of storages. */
export function unsteered(surroundings: CliSurroundings): CliSurroundings {
  const { stdout, stderr, ask } = surroundings;
  return {
    ...surroundings,
    stdout: (text) => stdout(terminalLines(text)),
    stderr: (text) => stderr(terminalLines(text)),
    ...(ask && { ask: (question) => ask(terminalText(question)) }),
  };
}

/** The preferences file named by option or environment, absolute; undefined when neither names one. */
export function namedPreferences(option: string | undefined, { env, cwd }: CliSurroundings): string | undefined {
  const file = option ?? env['NEARPLAY_PREFERENCES'];
  if (file === undefined || file === '') return undefined;
  return isAbsolute(file) ? file : resolve(cwd, file);
}

/** The preferences that a file holds. @throws NearplayError file-unreadable, saying why */
export async function readPreferences(file: string): Promise<ParsedPreferences> {
  const { bytes, fault } = await readSmallFile(file);
  if (bytes === undefined) throw new NearplayError('file-unreadable', `${file} ${fault}.`);
  return parsePreferencesBytes(bytes);
}

export function findingLine({ severity, path, line, message }: Finding): string {
  const place = [line === undefined ? '' : `:${line}`, path === '' ? '' : ` ${path}`].join('');
  return `${place}: ${severity}: ${message}`;
}

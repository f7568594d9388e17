import { isAbsolute, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { ErrorCode } from '../../shared/errors.ts';
import { terminalLines, terminalText } from '../../shared/terminalText.ts';
import type { Machine } from '../services/runtime/machine.ts';

/** The parts of the process that the command line uses; passed in, so that tests can stand in for the terminal. */
export interface CliSurroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Input of `upload -`; absent where there is none. */
  stdin?: Readable;
  /** Asks a question at the terminal; absent without one. Resolves to `undefined` at the end of input. */
  ask?: (question: string) => Promise<string | undefined>;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
  platform: string;
  /** Whether stderr is a terminal. */
  isTerminal?: boolean;
  /** Default: this machine. */
  machine?: Machine;
  /** Aborted when the user presses Ctrl+C. */
  signal: AbortSignal;
  /** Called with bytes as they arrive from a storage. */
  arrived?: (bytes: number) => void;
}

/** Options of every command. */
export interface CommonOptions {
  preferences?: string;
  profile?: string;
}

/** A running command: its common options and its output. */
export interface CommandContext {
  json: boolean;
  surroundings: CliSurroundings;
  /** Prints an object as one line with `--json`, else the text: one or more lines, each safe for a terminal. */
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

/** Reports an error on stderr; the command continues. */
export function reportError(
  context: CommandContext,
  code: ErrorCode,
  message: string,
  key?: string,
  detail?: string,
): void {
  report(context, { code, message, key, detail }, key === undefined ? message : `${key}: ${message}`);
  // With --json the detail is part of the object.
  if (detail !== undefined && !context.json) context.surroundings.stderr(`  ${terminalText(detail)}\n`);
}

/** Reports an object as one line on stderr with `--json`, else one line of text that is safe for a terminal. */
export function report(
  { json, surroundings }: Pick<CommandContext, 'json' | 'surroundings'>,
  value: object,
  text: string,
): void {
  surroundings.stderr(json ? `${JSON.stringify(value)}\n` : `nearplay: ${terminalText(text)}\n`);
}

/** The same terminal without control sequences in its output, from any source: keys, answers of storages. */
export function unsteered(surroundings: CliSurroundings): CliSurroundings {
  const { stdout, stderr, ask } = surroundings;
  return {
    ...surroundings,
    stdout: (text) => stdout(terminalLines(text)),
    stderr: (text) => stderr(terminalLines(text)),
    ...(ask && { ask: (question) => ask(terminalText(question)) }),
  };
}

/** The preferences file of the option or the environment, absolute; undefined when neither is given. */
export function namedPreferences(option: string | undefined, { env, cwd }: CliSurroundings): string | undefined {
  const file = option ?? env['NEARPLAY_PREFERENCES'];
  if (file === undefined || file === '') return undefined;
  return isAbsolute(file) ? file : resolve(cwd, file);
}

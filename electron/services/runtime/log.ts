import { isSecretName, strikeOutSecrets, STRUCK_OUT } from './secrets.ts';

/** What the services log. Written for IT; never a key, a token or a signed URL (they are struck out). */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

interface LogLine {
  /** Milliseconds since the epoch. */
  time: number;
  level: 'info' | 'warn' | 'error';
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

/** A log that hands finished lines to `write`, with every secret struck out before. Whatever it is given, it never throws. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  const at =
    (level: LogLine['level']): Log['info'] =>
    (message, fields = {}) => {
      const time = new Date(now()).toISOString();
      write(`${lineOf({ time, level, message, ...fields }) ?? lineOf({ time, level, message })}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** For tests and for callers that want none. */
export const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const MAX_DEPTH = 6;

/** `undefined` for what JSON cannot hold, e.g. a getter that throws: logging must not be what fails. */
function lineOf(line: Record<string, unknown>): string | undefined {
  try {
    return JSON.stringify(plain(line, 0));
  } catch {
    return undefined;
  }
}

/** The value as JSON can hold it, without secrets: those in texts, and those under a name that tells them. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return strikeOutSecrets(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '…';
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof URL) return strikeOutSecrets(value.href);
  if (value instanceof Date) return value.toJSON();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  // Requests, sockets, clients: whole worlds, which a line of the log is too small for.
  if (!isPlain(value)) return `[${value.constructor.name}]`;
  const entries = Object.entries(value).map(([name, item]) => {
    const secret = isSecretName(name) && item !== undefined && item !== null;
    return [strikeOutSecrets(name), secret ? STRUCK_OUT : plain(item, depth + 1)];
  });
  return Object.fromEntries(entries);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Errors become name, code, message and cause: JSON has nothing of them, and an SDK error carries whole requests. */
function plainError(error: Error, depth: number): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: plain(error.cause, depth + 1) };
  const errors = error instanceof AggregateError ? { errors: plain(error.errors, depth + 1) } : {};
  return { name: error.name, ...code, message: strikeOutSecrets(error.message), ...cause, ...errors };
}

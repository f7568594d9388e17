import { isSecretName, strikeOutSecrets, STRUCK_OUT } from '../../../shared/secrets.ts';

/** Log of the services, written for IT; without keys, tokens and signed URLs (they are redacted). */
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

/** Creates a log that passes finished lines to `write`, with secrets redacted. Never throws. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  const at =
    (level: LogLine['level']): Log['info'] =>
    (message, fields = {}) => {
      const time = new Date(now()).toISOString();
      write(`${lineOf({ time, level, message, ...fields }) ?? lineOf({ time, level, message })}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** For tests, and for callers without a log. */
export const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const MAX_DEPTH = 6;

/** `undefined` for values that JSON cannot hold, e.g. with a getter that throws: logging must not fail. */
function lineOf(line: Record<string, unknown>): string | undefined {
  try {
    return JSON.stringify(plain(line, 0));
  } catch {
    return undefined;
  }
}

/** The value as JSON, without secrets: those in texts, and those under a telling name. */
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
  // Instances of classes (requests, sockets, clients) are too large for a line of the log.
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

/** Errors become name, code, message and cause: JSON omits these, and SDK errors hold whole requests. */
function plainError(error: Error, depth: number): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? { code: strikeOutSecrets(error.code) } : {};
  const cause = error.cause === undefined ? {} : { cause: plain(error.cause, depth + 1) };
  const errors = error instanceof AggregateError ? { errors: plain(error.errors, depth + 1) } : {};
  return { name: strikeOutSecrets(error.name), ...code, message: strikeOutSecrets(error.message), ...cause, ...errors };
}

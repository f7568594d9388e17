import type { Log } from './contract.ts';

export interface LogLine {
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

/** One word, so that striking it out again leaves it as it is. */
const STRUCK_OUT = '[struck-out]';
const DEEPEST = 6;

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
  if (depth > DEEPEST) return '…';
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof URL) return strikeOutSecrets(value.href);
  if (value instanceof Date) return value.toJSON();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  // Requests, sockets, clients: whole worlds, which a line of the log is too small for.
  if (!isPlain(value)) return `[${value.constructor.name}]`;
  const entries = Object.entries(value).map(([name, item]) => {
    const secret = SECRET_NAME.test(name) && item !== undefined && item !== null;
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

const NAMES =
  'x-amz-(?:signature|credential|security-token)|(?:proxy-)?authorization|cookie|' +
  'aws_?secret_?access_?key|aws_?session_?token|aws_?access_?key_?id|secret_?access_?key|session_?token|' +
  '(?:access|refresh|id|bearer)_?token|client_?secret|password';
const SECRET_NAME = new RegExp(`^(?:${NAMES}|token|signature)$`, 'i');

const PATTERNS: readonly RegExp[] = [
  // "Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…": to the end of the line or the quote.
  /((?:proxy-)?authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?)[^"'\\\r\n]+/gi,
  // Parameters of signed URLs, also where the URL is a parameter itself and percent-encoded, once or more often.
  /((?:x-amz-(?:signature|credential|security-token)|signature|awsaccesskeyid)(?:=|%(?:25)*3D))[^&\s"'\\<>,;]+/gi,
  new RegExp(`((?:${NAMES})(?:\\\\*["'])?\\s*[:=>]\\s*(?:\\\\*["'])?)[^"'\\\\\\s,;&}<]+`, 'gi'),
  /(:\/\/)[^/\s:@"']+:[^/\s@"']+(?=@)/g,
];
const ACCESS_KEY = /(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g;
/** Session tokens of AWS, by how they all begin: base64 of a version byte and "origin_…" or "er.aws". */
const SESSION_TOKEN = /(?:IQoJ|FwoG|FQoG)[A-Za-z0-9+/=%_-]{60,}/g;

/** The text without keys, tokens and signatures. The last net: callers do not log such things in the first place. */
export function strikeOutSecrets(text: string): string {
  let result = text;
  for (const pattern of PATTERNS) result = result.replace(pattern, `$1${STRUCK_OUT}`);
  return result.replace(ACCESS_KEY, STRUCK_OUT).replace(SESSION_TOKEN, STRUCK_OUT);
}

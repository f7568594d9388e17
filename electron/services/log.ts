import type { Log } from './contract.ts';

export interface LogLine {
  /** Milliseconds since the epoch. */
  time: number;
  level: 'info' | 'warn' | 'error';
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

/** A log that hands finished lines to `write`, with every secret struck out before. */
export function createLog(write: (line: string) => void, now: () => number): Log {
  const at =
    (level: LogLine['level']): Log['info'] =>
    (message, fields = {}) => {
      const line = JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields }, plainErrors);
      write(`${strikeOutSecrets(line)}\n`);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** For tests and for callers that want none. */
export const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Errors become name, code and message: JSON has nothing of them, and an SDK error carries whole requests. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const code = 'code' in value && typeof value.code === 'string' ? { code: value.code } : {};
  const cause = value.cause === undefined ? {} : { cause: value.cause };
  return { name: value.name, ...code, message: value.message, ...cause };
}

const SECRETS: readonly RegExp[] = [
  // Every parameter of a signed URL, whatever its case: whoever has the URL has the file.
  /\b(x-amz-(?:signature|credential|security-token))(=|%3D)[^&\s"'\\]+/gi,
  /\b(authorization|x-amz-security-token|aws_secret_access_key|aws_session_token|secretaccesskey|sessiontoken)("?\s*[:=]\s*"?)[^"\s,}][^"\n,}]*/gi,
];
const ACCESS_KEY = /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g;

/** The text without keys, tokens and signatures. The last net: callers do not log such things in the first place. */
export function strikeOutSecrets(text: string): string {
  let result = text;
  for (const secret of SECRETS) result = result.replace(secret, '$1$2[struck out]');
  return result.replace(ACCESS_KEY, '[struck out]');
}

import type { ErrorCode } from '../errors.ts';

/** What the other side said: a storage's answer, an error of the network, of the disk or of a sign-in. '' and 0: nothing. */
export interface Said {
  /** The `Code` of an S3 error document, or the class of an error. */
  name: string;
  /** The system's code (errno), or that of TLS. */
  code: string;
  message: string;
  /** Of the HTTP answer; 0 where there was none. */
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Further elements of an S3 error document, e.g. StorageClass. */
  elements: Readonly<Record<string, string>>;
}

export const NOTHING_SAID: Said = { name: '', code: '', message: '', status: 0, headers: {}, elements: {} };

/**
 * One line of the table of causes: what the other side says, and what Nearplay then says. Pure, and it never guesses: where
 * an answer has several causes, its sentence says what is known, and the remedy how to find out.
 */
export interface Cause<Asked> {
  /** Unique; the name of the line in docs/errors.md. */
  id: string;
  code: ErrorCode;
  fits: (said: Said, asked: Asked) => boolean;
  /** What is known. */
  sentence: (said: Said, asked: Asked) => string;
  /** What to do, or how to find out; '' where there is nothing to do. */
  remedy: (said: Said, asked: Asked) => string;
  /** An answer that this line is for; of docs/errors.md and of the tests. */
  example: { said: Partial<Said>; asked?: { [Name in keyof Asked]?: Asked[Name] | undefined } };
  /** The sentence that stood here before, where it was another one. */
  before?: string;
}

/** Sentence and remedy as one text, with a capital at its beginning. */
export function messageOf<Asked>(cause: Cause<Asked>, said: Said, asked: Asked): string {
  const text = [cause.sentence(said, asked), cause.remedy(said, asked)].filter((part) => part !== '').join(' ');
  return text.replace(/^the /, 'The ');
}

/** Fits what has one of these names. */
export function named(...names: string[]): (said: Pick<Said, 'name'>) => boolean {
  return ({ name }) => names.includes(name);
}

/** Fits what has one of these codes of the system. */
export function coded(...codes: string[]): (said: Pick<Said, 'code'>) => boolean {
  return ({ code }) => codes.includes(code);
}

/** Status and name as they are shown, e.g. `403 AccessDenied`; '' where neither is known. */
export function answerOf({ status, name }: Said): string {
  return [status > 0 ? String(status) : '', name].filter((part) => part !== '').join(' ');
}

const MAX_DETAIL_CHARACTERS = 300;
const STRUCK_OUT = '[struck-out]';
/** C0 and C1 controls, and the marks that turn the direction of text or that nobody sees. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // User and password, and the query of an address: signatures are there.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@"'<>]+@/gi, '$1'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/gi, '$1'],
  [
    /((?:x-amz-(?:signature|credential|security-token)|signature|awsaccesskeyid)(?:=|%(?:25)*3D))[^&\s"'<>,;]+/gi,
    '$1…',
  ],
  [/((?:proxy-)?authorization["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi, '$1…'],
  [/((?:password|secret|token|client_secret|access_?key(?:_?id)?)["']?\s*[:=]\s*["']?)[^"'\s,;&<>]+/gi, '$1…'],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g, STRUCK_OUT],
  // Longer than any name that people give: base64 of a token, a signature.
  [/[A-Za-z0-9+/=_-]{100,}/g, STRUCK_OUT],
];

/**
 * The other side's own words as they may be shown: one line of at most 300 characters, without control characters, keys,
 * tokens and the queries of addresses. `undefined` where nothing is left.
 */
export function wordsOf(message: string): string | undefined {
  let words = message.slice(0, 4 * MAX_DETAIL_CHARACTERS).replace(UNPRINTABLE, ' ');
  for (const [pattern, instead] of SECRETS) words = words.replace(pattern, instead);
  words = words.replace(/\s+/g, ' ').trim();
  if (words.length > MAX_DETAIL_CHARACTERS) words = `${words.slice(0, MAX_DETAIL_CHARACTERS - 1).trimEnd()}…`;
  return words === '' ? undefined : words;
}

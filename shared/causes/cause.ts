import type { ErrorCode } from '../errors.ts';

/** Facts of a failure: a storage's answer, an error of the network, of the disk or of a sign-in. '' and 0: absent. */
export interface FailureFacts {
  /** The `Code` of an S3 error document, or the class of an error. */
  name: string;
  /** The system's error code (errno), or that of TLS. */
  code: string;
  message: string;
  /** HTTP status; 0 without an answer. */
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Further elements of an S3 error document, e.g. StorageClass. */
  elements: Readonly<Record<string, string>>;
}

export const NO_FACTS: FailureFacts = { name: '', code: '', message: '', status: 0, headers: {}, elements: {} };

/**
 * One line of the table of causes: the facts it fits, and Nearplay's sentence for them. Pure, and never a guess: where
 * an answer has several causes, the sentence states what is known, and the remedy how to find out.
 */
export interface Cause<Asked> {
  /** Unique; the name of the line in docs/errors.md. */
  id: string;
  code: ErrorCode;
  fits: (facts: FailureFacts, asked: Asked) => boolean;
  /** Sentence for what is known. */
  sentence: (facts: FailureFacts, asked: Asked) => string;
  /** What to do, or how to find out; '' where nothing can be done. */
  remedy: (facts: FailureFacts, asked: Asked) => string;
  /** Example that this line fits, for docs/errors.md and the tests. */
  example: { facts: Partial<FailureFacts>; asked?: { [Name in keyof Asked]?: Asked[Name] | undefined } };
  /** The previous sentence, where it was another one. */
  before?: string;
}

/** Sentence and remedy as one text, with a capital at its beginning. */
export function messageOf<Asked>(cause: Cause<Asked>, facts: FailureFacts, asked: Asked): string {
  const text = [cause.sentence(facts, asked), cause.remedy(facts, asked)].filter((part) => part !== '').join(' ');
  return text.replace(/^the /, 'The ');
}

/** Fits failures with one of these names. */
export function named(...names: string[]): (facts: Pick<FailureFacts, 'name'>) => boolean {
  return ({ name }) => names.includes(name);
}

/** Fits failures with one of these system codes. */
export function coded(...codes: string[]): (facts: Pick<FailureFacts, 'code'>) => boolean {
  return ({ code }) => codes.includes(code);
}

/** Status and name for display, e.g. `403 AccessDenied`; '' where neither is known. */
export function answerOf({ status, name }: FailureFacts): string {
  return [status > 0 ? String(status) : '', name].filter((part) => part !== '').join(' ');
}

const MAX_DETAIL_CHARACTERS = 300;
const STRUCK_OUT = '[struck-out]';
/** C0 and C1 controls, marks of text direction, and invisible characters. */
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
  // Longer than names in use: base64 of a token, a signature.
  [/[A-Za-z0-9+/=_-]{100,}/g, STRUCK_OUT],
];

/**
 * The other side's own words for display: one line of at most 300 characters, without control characters, keys, tokens
 * and queries of URLs. `undefined` where nothing is left.
 */
export function wordsOf(message: string): string | undefined {
  let words = message.slice(0, 4 * MAX_DETAIL_CHARACTERS).replace(UNPRINTABLE, ' ');
  for (const [pattern, instead] of SECRETS) words = words.replace(pattern, instead);
  words = words.replace(/\s+/g, ' ').trim();
  if (words.length > MAX_DETAIL_CHARACTERS) words = `${words.slice(0, MAX_DETAIL_CHARACTERS - 1).trimEnd()}…`;
  return words === '' ? undefined : words;
}

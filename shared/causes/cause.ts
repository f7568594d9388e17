import type { ErrorCode } from '../errors.ts';
import { strikeOutSecrets, STRUCK_OUT } from '../secrets.ts';

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
/** Characters looked at, since a page may come in place of a message: many more than are shown, so that no secret is cut. */
const MAX_READ_CHARACTERS = 16_000;
/** C0 and C1 controls, marks of text direction, and invisible characters; ends of lines end a header's value. */
const UNPRINTABLE = /(?:(?![\r\n])[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])+/gu;
/** Query of an address: signatures are there. */
const QUERY = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/gi;
/** Longer than names in use: base64 of a token, a signature. */
const LONG_WORD = /[A-Za-z0-9+/=_-]{100,}/g;

/**
 * The other side's own words for display: one line of at most 300 characters, without control characters, keys, tokens
 * and queries of URLs. `undefined` where nothing is left.
 */
export function wordsOf(message: string): string | undefined {
  const printable = message.slice(0, MAX_READ_CHARACTERS).replace(UNPRINTABLE, ' ');
  const open = strikeOutSecrets(printable).replace(QUERY, '$1').replace(LONG_WORD, STRUCK_OUT);
  const words = open.replace(/\s+/g, ' ').trim();
  if (words.length > MAX_DETAIL_CHARACTERS) return `${words.slice(0, MAX_DETAIL_CHARACTERS - 1).trimEnd()}…`;
  return words === '' ? undefined : words;
}

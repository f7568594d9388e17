import { sep } from 'node:path';
import type { ErrorCode } from '../../../shared/errors.ts';
import { type LeftOut, type LeftOutFor, type LeftOutList, MAX_LISTED_LEFT_OUT } from '../../../shared/leftOut.ts';

/** Collects entries that a search leaves out: the first ones by name, all by number. */
export class LeftOutCount {
  readonly #named: LeftOut[] = [];
  #count = 0;

  add(one: LeftOut): void {
    this.#count += 1;
    if (this.#named.length < MAX_LISTED_LEFT_OUT) this.#named.push(one);
  }

  get count(): number {
    return this.#count;
  }

  list(): LeftOutList {
    return { count: this.#count, named: [...this.#named] };
  }
}

const SENTENCES: Record<LeftOutFor, string> = {
  link: 'It is a symbolic link, and links in a folder are not followed.',
  special: 'It is not a regular file (a pipe, a socket or a device).',
  name: 'Its name is not UTF-8, as names in a storage have to be. Rename it.',
  unreadable: 'It cannot be read.',
  unanswered: 'Its drive does not answer.',
  vanished: 'It vanished a moment after it was listed.',
  'same-destination': 'Another file of this computer has the same name in the storage. Rename one of them.',
};

/** The reason as a sentence for a terminal or a report. */
export function leftOutSentence({ why, detail }: LeftOut): string {
  return detail === undefined ? SENTENCES[why] : `${SENTENCES[why]} ${detail}`;
}

const CODES: Record<LeftOutFor, ErrorCode> = {
  link: 'not-a-file',
  special: 'not-a-file',
  name: 'name-not-utf8',
  unreadable: 'file-unreadable',
  unanswered: 'file-unreadable',
  vanished: 'file-unreadable',
  'same-destination': 'same-destination',
};

export function leftOutCode({ why }: LeftOut): ErrorCode {
  return CODES[why];
}

/** A path for display, from one byte per character: UTF-8 where valid, else with `\xE9` for each other byte. */
export function shownName(bytes: string): string {
  const whole = utf8Of(bytes);
  if (whole !== undefined) return whole;
  return bytes.replaceAll(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NOT_ASCII = /[^\0-\x7f]/;

/** Decodes a name from one byte per character; undefined when the bytes are not UTF-8. */
export function utf8Of(bytes: string): string | undefined {
  if (!NOT_ASCII.test(bytes)) return bytes;
  try {
    return UTF8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

export function shownBelow(folder: string, bytes: string): string {
  return `${folder.endsWith(sep) ? folder : folder + sep}${shownName(bytes)}`;
}

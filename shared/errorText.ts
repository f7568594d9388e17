import { wordsOf } from './causes/cause.ts';
import type { ErrorReport } from './errors.ts';

/** Characters of the other side's words that are shown; the log and the command line have all 300. */
const MAX_SHOWN_CHARACTERS = 200;

type Said = Pick<ErrorReport, 'message' | 'detail'>;

/**
 * The other side's own words as they are shown below a sentence: one line, cut, without controls, marks of text direction
 * and secrets, whatever the report brought. `undefined` where there are none.
 */
export function shownDetail(detail: string | undefined): string | undefined {
  const words = detail === undefined ? undefined : wordsOf(detail);
  if (words === undefined || words.length <= MAX_SHOWN_CHARACTERS) return words;
  // Half of a surrogate pair is no character.
  return `${words
    .slice(0, MAX_SHOWN_CHARACTERS - 1)
    .replace(/\p{Cs}$/u, '')
    .trimEnd()}…`;
}

/** What went wrong as one line: the sentence, then the other side's own words in quotes, where there are any. */
export function errorText({ message, detail }: Said): string {
  const words = shownDetail(detail);
  return words === undefined ? message : `${message} “${words}”`;
}

/** A file name in the order of its parts; empty ones are ''. The layout may cut `head` and `rest`, never the others. */
export interface NameParts {
  head: string;
  /** The version (`_v003`) with its separator, wherever in the name it stands. */
  version: string;
  rest: string;
  /** A frame number or its place (`.0001`, `.####`) and the extension. */
  tail: string;
}

/** Splits a file name so that what tells two takes apart stays readable however little room there is. */
export function splitName(name: string): NameParts {
  const tailAt = /(?:[._-](?:\d{1,8}|#{1,8}))?(?:\.[A-Za-z0-9]{1,5})?$/.exec(name)?.index ?? name.length;
  const stem = name.slice(0, tailAt);
  const tail = name.slice(tailAt);
  // The last one: a shot's own name can look like a version too.
  const found = [...stem.matchAll(/(?:^|[._ -])v\d{1,5}(?![A-Za-z0-9])/gi)].at(-1);
  if (found) {
    const end = found.index + found[0].length;
    return { head: stem.slice(0, found.index), version: found[0], rest: stem.slice(end), tail };
  }
  // A name that is all tail ('0001.png'), or has none, keeps its last characters instead.
  if (stem === '' || tail === '') {
    const at = Math.max(0, name.length - FALLBACK_TAIL_LENGTH);
    return { head: name.slice(0, at), version: '', rest: '', tail: name.slice(at) };
  }
  return { head: stem, version: '', rest: '', tail };
}

const FALLBACK_TAIL_LENGTH = 6;

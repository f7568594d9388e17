/**
 * Splits a file name for middle truncation: the head may be cut by the layout, the tail must stay. The tail holds what
 * tells two takes apart: the version (`_v003`), a frame number (`.0001`) and the extension.
 */
export function splitName(name: string): { head: string; tail: string } {
  const match = /(?:[._-]?v\d{1,5})?(?:[._-]\d{1,8})?(?:\.[A-Za-z0-9]{1,5})?$/i.exec(name);
  let at = match?.index ?? name.length;
  // A name that is all tail ('0001.png'), or has none, keeps its last characters instead.
  if (at === 0 || at === name.length) at = Math.max(0, name.length - FALLBACK_TAIL);
  return { head: name.slice(0, at), tail: name.slice(at) };
}

const FALLBACK_TAIL = 6;

/**
 * Why something that was chosen, or lies below a chosen folder, is not sent. `link`: a symbolic link found in a folder; `special`:
 * a pipe, a socket or a device; `name`: not UTF-8, as names of objects have to be; `unreadable`: the system refuses it;
 * `unanswered`: its drive does not answer; `vanished`: it was listed a moment ago; `same-destination`: another file of this
 * computer has the same name in the storage.
 */
export type LeftOutFor = 'link' | 'special' | 'name' | 'unreadable' | 'unanswered' | 'vanished' | 'same-destination';

/** One thing that was left out. */
export interface LeftOut {
  /** On this computer; bytes that are not UTF-8 as `\xE9`. */
  path: string;
  why: LeftOutFor;
  /** What the system said, or what stands in the way; absent where there is nothing to add. */
  detail?: string | undefined;
}

/** All that was left out, the first ones by name. */
export interface LeftOutList {
  count: number;
  named: LeftOut[];
}

/** Named one by one; beyond that only the count grows. */
export const MAX_LISTED_LEFT_OUT = 1000;

export const NOTHING_LEFT_OUT: LeftOutList = { count: 0, named: [] };

export function joinLeftOut(one: LeftOutList, other: LeftOutList): LeftOutList {
  return { count: one.count + other.count, named: [...one.named, ...other.named].slice(0, MAX_LISTED_LEFT_OUT) };
}

/**
 * Why a chosen file, or one below a chosen folder, is not sent. `link`: a symbolic link in a folder; `special`: a pipe,
 * a socket or a device; `name`: not UTF-8, which object names require; `unreadable`: the system refuses it;
 * `unanswered`: its drive does not answer; `vanished`: it was listed a moment ago; `same-destination`: another local
 * file has the same key.
 */
export type LeftOutFor = 'link' | 'special' | 'name' | 'unreadable' | 'unanswered' | 'vanished' | 'same-destination';

/** One file that is not sent. */
export interface LeftOut {
  /** On this computer; bytes that are not UTF-8 as `\xE9`. */
  path: string;
  why: LeftOutFor;
  /** Words of the system, or the obstacle; absent where there is nothing to add. */
  detail?: string | undefined;
}

/** Number of left-out files, and the first ones by name. */
export interface LeftOutList {
  count: number;
  named: LeftOut[];
}

/** Files listed individually; further ones are only counted. */
export const MAX_LISTED_LEFT_OUT = 1000;

export const NOTHING_LEFT_OUT: LeftOutList = { count: 0, named: [] };

export function joinLeftOut(one: LeftOutList, other: LeftOutList): LeftOutList {
  return { count: one.count + other.count, named: [...one.named, ...other.named].slice(0, MAX_LISTED_LEFT_OUT) };
}

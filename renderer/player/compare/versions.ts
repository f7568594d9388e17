import type { LibraryEntry, LibraryFile } from '../../../shared/library.ts';
import { identityOf } from '../../store/entryIdentity.ts';

/** `v012`, `_V3`, `compV002`; the last one of a name counts, as the studios' pipelines write it. */
const VERSION = /(?:(?<![\p{L}\d])[vV]|(?<=\p{Ll})V)(\d{1,6})(?!\d)/gu;

/** The number of a version, and what the names of its shot's other versions have in common with this one. */
interface VersionName {
  version: number;
  shot: string;
}

export interface Candidates {
  /** Other versions of the same shot, the one before first, then the others, newest first. */
  versions: readonly { file: LibraryFile; version: number }[];
  /** Other files of the folder that have a picture, those that stand nearest. */
  others: readonly LibraryFile[];
}

/** So many on either side of a file: a menu of thousands is no choice. */
const NEAREST = 12;

/** Undefined for a name without a version. The ending does not count: a review copy is a version, too. */
export function versionIn(name: string): VersionName | undefined {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const found = [...stem.matchAll(VERSION)].at(-1);
  if (!found) return undefined;
  const [text, digits = ''] = found;
  const shot = `${stem.slice(0, found.index)}v${stem.slice(found.index + text.length)}`;
  // The numbers of a sequence's frames are no part of its shot.
  return { version: Number(digits), shot: shot.replace(/[._-]?[#@]+$/u, '').toLowerCase() };
}

/** It has a picture that can be laid beside another one. */
export function isComparable({ kind }: LibraryFile): boolean {
  return kind === 'video' || kind === 'image';
}

/** What a file can be compared with, of the entries of its folder in the order in which the library shows them. */
export function candidatesFor(entries: readonly LibraryEntry[], file: LibraryFile): Candidates {
  const own = identityOf(file);
  const files = entries.filter((entry): entry is LibraryFile => entry.type === 'file' && isComparable(entry));
  const place = files.findIndex((entry) => identityOf(entry) === own);
  const name = versionIn(file.name);
  const versions = name ? versionsOf(files, file, name) : [];
  const taken = new Set([own, ...versions.map((one) => identityOf(one.file))]);
  const near = files.slice(Math.max(0, place - NEAREST), Math.max(0, place) + NEAREST + 1);
  return { versions, others: near.filter((entry) => !taken.has(identityOf(entry))) };
}

function versionsOf(files: readonly LibraryFile[], file: LibraryFile, { version, shot }: VersionName) {
  const own = identityOf(file);
  const found = files.flatMap((other) => {
    const name = versionIn(other.name);
    return name?.shot === shot && identityOf(other) !== own ? [{ file: other, version: name.version }] : [];
  });
  found.sort((one, other) => other.version - one.version);
  const before = found.findIndex((one) => one.version < version);
  return before > 0 ? [...found.slice(before, before + 1), ...found.toSpliced(before, 1)] : found;
}

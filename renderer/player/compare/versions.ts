import { folderOf, nameOfKey } from '../../../shared/keys.ts';
import type { LibraryEntry, LibraryFile } from '../../../shared/library.ts';
import { hasPictures } from '../../../shared/media.ts';
import { identityOf } from '../../store/entryIdentity.ts';

/** `v012`, `_V3`, `compV002`; the last one of a name counts, as the studios' pipelines write it. */
const VERSION = /(?:(?<![\p{L}\d])[vV]|(?<=\p{Ll})V)(\d{1,6})(?!\d)/gu;

/** The number of a version, and what the names of its shot's other versions have in common with this one. */
interface VersionName {
  version: number;
  /** As the name has it, with its zeros. */
  digits: string;
  /** Where the digits begin. */
  start: number;
  shot: string;
}

/** A file, and the version of the shot that it is. */
interface Version {
  file: LibraryFile;
  version: number;
}

export interface Candidates {
  /** Other versions of the same shot, the one before first, then the others, newest first. */
  versions: readonly Version[];
  /** Those that were found in folders of their own, newest first; none that is one of the others too. */
  inFolders: readonly FolderVersion[];
  /** Other files of the folder that have a picture, those that stand nearest. */
  others: readonly LibraryFile[];
}

/** So many on either side of a file: a menu of thousands is no choice. */
const NEAREST = 12;

/** Undefined for a name without a version. The ending does not count: a review copy is a version, too. */
export function versionIn(name: string): VersionName | undefined {
  return versionOf(stemOf(name));
}

function versionOf(stem: string): VersionName | undefined {
  const found = [...stem.matchAll(VERSION)].at(-1);
  if (!found) return undefined;
  const [text, digits = ''] = found;
  const end = found.index + text.length;
  const shot = shotOf(`${stem.slice(0, found.index)}v${stem.slice(end)}`);
  return { version: Number(digits), digits, start: end - digits.length, shot };
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** The numbers of a sequence's frames are no part of its shot. */
function shotOf(stem: string): string {
  return stem.replace(/[._-]?[#@]+$/u, '').toLowerCase();
}

/**
 * What a file can be compared with, each once.
 *
 * @param entries of the folder on screen, in the order in which the library shows them.
 * @param found versions in folders of their own.
 */
export function candidatesFor(
  entries: readonly LibraryEntry[],
  file: LibraryFile,
  found: readonly FolderVersion[] = [],
): Candidates {
  const own = identityOf(file);
  const files = comparableOf(entries);
  const place = files.findIndex((entry) => identityOf(entry) === own);
  const name = versionIn(file.name);
  const versions = name ? versionsOf(files, file, name) : [];
  const taken = new Set([own, ...versions.map((one) => identityOf(one.file))]);
  // The folder on screen may be that of another version.
  const inFolders = found.filter((one) => !taken.has(identityOf(one.file)));
  for (const one of inFolders) taken.add(identityOf(one.file));
  const near = files.slice(Math.max(0, place - NEAREST), Math.max(0, place) + NEAREST + 1);
  return { versions, inFolders, others: near.filter((entry) => !taken.has(identityOf(entry))) };
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

function comparableOf(entries: readonly LibraryEntry[]): LibraryFile[] {
  return entries.filter((entry): entry is LibraryFile => entry.type === 'file' && hasPictures(entry.kind));
}

/** Where a file's version has a folder of its own, with those of the other versions beside it. */
export interface VersionFolders {
  /** The folder that they are in. */
  parent: string;
  version: number;
  /** What their names have in common. */
  shot: string;
  /** From the folder of a version to the file: '', or one folder with its closing slash. */
  below: string;
}

/** The folder of one version, where its file is looked for. */
interface VersionFolder {
  /** With its closing slash. */
  folder: string;
  /** The same, without the folder that all versions are in. */
  within: string;
  version: number;
}

/** A version that has a folder of its own. */
export interface FolderVersion extends Version {
  /** The folder of its file, without the one that all versions are in. */
  within: string;
}

/**
 * Undefined where no folder is that of the file's version. Studios have it above the file (`sh010/v001/comp_v001.mov`) or one
 * level higher (`sh010/v001/exr/comp_v001.####.exr`). The file's name has the same number, or none (`v001/beauty.####.exr`).
 */
export function versionFoldersOf({ key, name }: Pick<LibraryFile, 'key' | 'name'>): VersionFolders | undefined {
  const inner = folderOf(key);
  const outer = parentOf(inner);
  const [innerName, outerName] = [inner, outer].map((folder) => versionOf(nameOfKey(folder)));
  const version = (versionIn(name) ?? innerName ?? outerName)?.version;
  if (version === undefined) return undefined;
  // Where both have it (`comp_v001/comp_v001_exr`), the outer one has the other versions beside it.
  if (outerName?.version === version) {
    return { parent: parentOf(outer), version, shot: outerName.shot, below: inner.slice(outer.length) };
  }
  if (innerName?.version !== version) return undefined;
  return { parent: outer, version, shot: innerName.shot, below: '' };
}

function parentOf(folder: string): string {
  return folderOf(folder.slice(0, -1));
}

/** The folders of other versions, of what a listing of their parent showed, newest first. */
export function otherVersionFolders(entries: readonly LibraryEntry[], of: VersionFolders): VersionFolder[] {
  const found = entries.flatMap((entry) => {
    const name = entry.type === 'folder' ? versionOf(entry.name) : undefined;
    if (name?.shot !== of.shot || name.version === of.version) return [];
    const folder = entry.key + belowOf(of, name);
    return [{ folder, within: folder.slice(of.parent.length), version: name.version }];
  });
  return found.sort((one, other) => other.version - one.version);
}

/** A folder below that has the version in its name too has the number of the other version there. */
function belowOf({ below, version }: VersionFolders, other: VersionName): string {
  const own = versionOf(below);
  if (own?.version !== version) return below;
  return below.slice(0, own.start) + other.digits + below.slice(own.start + own.digits.length);
}

/** Not more than so many of them, in the same order: the newest, and those whose numbers are nearest. */
export function nearestOf<Of extends { version: number }>(
  folders: readonly Of[],
  version: number,
  most: number,
): readonly Of[] {
  if (folders.length <= most) return folders;
  const [newest, ...older] = folders;
  older.sort((one, other) => Math.abs(one.version - version) - Math.abs(other.version - version));
  const chosen = new Set([newest, ...older.slice(0, most - 1)]);
  return folders.filter((folder) => chosen.has(folder));
}

/** The files that a listing of a version's folder showed and that are this file in that version, those with its ending first. */
export function versionsIn(
  entries: readonly LibraryEntry[],
  file: LibraryFile,
  { version, within }: VersionFolder,
): FolderVersion[] {
  const wanted = versionIn(file.name);
  const shot = wanted?.shot ?? shotOf(stemOf(file.name));
  const isWanted = ({ name }: LibraryFile): boolean => {
    const own = versionIn(name);
    if (wanted === undefined) return own === undefined && shotOf(stemOf(name)) === shot;
    return own?.shot === shot && own.version === version;
  };
  const ending = endingOf(file.name);
  const found = comparableOf(entries).filter(isWanted);
  const same = found.filter(({ name }) => endingOf(name) === ending);
  const others = found.filter(({ name }) => endingOf(name) !== ending);
  return [...same, ...others].map((one) => ({ file: one, version, within }));
}

function endingOf(name: string): string {
  return name.slice(stemOf(name).length).toLowerCase();
}

/** What two files are called side by side: their names, and where these are the same, the folders from which on they differ. */
export function namesApart(one: LibraryFile, other: LibraryFile): readonly [string, string] {
  if (one.name !== other.name) return [one.name, other.name];
  const [ownFolder, otherFolder] = [folderOf(one.key), folderOf(other.key)];
  if (ownFolder === otherFolder) return [one.name, other.name];
  const [own, others] = [ownFolder.split('/'), otherFolder.split('/')];
  const first = own.findIndex((name, index) => name !== others[index]);
  return [`${own.slice(first).join('/')}${one.name}`, `${others.slice(first).join('/')}${other.name}`];
}

import { folderOf } from '../../shared/keys.ts';
import type { LibraryEntry, LibraryPage } from '../../shared/library.ts';
import { identityOf } from './entryIdentity.ts';

/** One listing answer, with the cursor that asked for it, so that it can be asked for again on its own. */
interface LoadedPage {
  /** `undefined` for the first page. */
  from: string | undefined;
  entries: readonly LibraryEntry[];
}

/** Loaded pages of one folder, in the storage's order. Immutable. */
export interface LibraryPages {
  folder: string;
  pages: readonly LoadedPage[];
  /** Cursor of the page that comes next; `undefined` when all are loaded, or none is. */
  next: string | undefined;
  complete: boolean;
}

export function noPages(folder: string): LibraryPages {
  return { folder, pages: [], next: undefined, complete: false };
}

/** Adds the page that `loaded.next` asked for. A page of another folder (a late answer) changes nothing. */
export function appendPage(loaded: LibraryPages, page: LibraryPage): LibraryPages {
  if (page.folder !== loaded.folder || loaded.complete) return loaded;
  return {
    folder: loaded.folder,
    pages: [...loaded.pages, { from: loaded.next, entries: page.entries }],
    next: page.cursor,
    complete: page.cursor === undefined,
  };
}

/** Asks for one page; the `cursor` is that of an earlier answer. */
export type FetchPage = (cursor: string | undefined) => Promise<LibraryPage>;

/** New files push old ones over a page's end. More than so many pages of new files wait for the next refresh. */
const MAX_OVERFLOW_PAGES = 4;

/**
 * Reads page `index` again. A storage counts its pages, so files that arrived since push others over the page's end:
 * what lies between the new end and the old one is read too, and nothing is lost or shown twice.
 */
export async function refreshedPage(loaded: LibraryPages, index: number, fetch: FetchPage): Promise<LibraryPages> {
  const old = loaded.pages[index];
  if (!old) return loaded;
  const isLast = index === loaded.pages.length - 1;
  const end = lastKeyOf(old.entries);
  let answer = await fetch(old.from);
  const entries = [...answer.entries];
  for (let more = 0; more < MAX_OVERFLOW_PAGES; more++) {
    const last = lastKeyOf(entries);
    if (answer.cursor === undefined || end === undefined || last === undefined || last >= end) break;
    answer = await fetch(answer.cursor);
    entries.push(...answer.entries);
  }
  // On a page in the middle, what lies beyond its old end belongs to the page that follows.
  const own = isLast || end === undefined ? entries : entries.filter(({ key }) => key <= end);
  const pages = loaded.pages.with(index, { from: old.from, entries: own });
  if (answer.cursor === undefined && !isLast) {
    // The folder ends here now: everything after it is gone.
    return {
      ...loaded,
      pages: pages.slice(0, index + 1).with(index, { from: old.from, entries }),
      next: undefined,
      complete: true,
    };
  }
  return isLast
    ? { ...loaded, pages, next: answer.cursor, complete: answer.cursor === undefined }
    : { ...loaded, pages };
}

/** Sequences come behind files on a page, whatever their keys are. */
function lastKeyOf(entries: readonly LibraryEntry[]): string | undefined {
  return entries.reduce<string | undefined>(
    (last, { key }) => (last === undefined || key > last ? key : last),
    undefined,
  );
}

/** The pages that hold any of these entries: what is worth reading again is what can be seen. @param seen identities. */
export function pagesHolding(loaded: LibraryPages, seen: ReadonlySet<string>): number[] {
  return loaded.pages.flatMap(({ entries }, index) =>
    entries.some((entry) => seen.has(identityOf(entry))) ? [index] : [],
  );
}

export function countLoaded(loaded: LibraryPages): number {
  return loaded.pages.reduce((count, { entries }) => count + entries.length, 0);
}

/** `shots/sq010/` → `shots/`; the root's parent is the root. */
export function parentFolder(folder: string): string {
  return folderOf(folder.slice(0, -1));
}

export interface Crumb {
  name: string;
  folder: string;
}

/** `shots/sq010/` → shots, sq010; without the root. */
export function crumbsOf(folder: string): Crumb[] {
  const names = folder.split('/').slice(0, -1);
  // Other programs write keys with an empty name in them (`a//b`): the slash is all there is to click on.
  return names.map((name, index) => ({ name: name || '/', folder: names.slice(0, index + 1).join('/') + '/' }));
}

import type { LibraryEntry, LibraryFile } from '../../shared/library.ts';
import { identityOf } from './entryIdentity.ts';
import type { LibraryPages } from './libraryPages.ts';

export type SortOrder = 'name' | 'newest' | 'largest';

/** Entries to show, folders first; the storage's order within, unless another is asked for. */
export function arrange(loaded: LibraryPages, filter: string, order: SortOrder): LibraryEntry[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const folders: LibraryEntry[] = [];
  const files: Extract<LibraryEntry, { type: 'file' }>[] = [];
  for (const { entries } of loaded.pages) {
    for (const entry of entries) {
      if (words.length > 0) {
        const name = entry.name.toLowerCase();
        if (!words.every((word) => name.includes(word))) continue;
      }
      if (entry.type === 'folder') folders.push(entry);
      else files.push(entry);
    }
  }
  if (order === 'newest') files.sort((a, b) => b.lastModified - a.lastModified);
  if (order === 'largest') files.sort((a, b) => b.size - a.size);
  return [...folders, ...files];
}

/** Input of an arrangement. */
export interface Arranging {
  loaded: LibraryPages;
  filter: string;
  order: SortOrder;
}

const newest = new WeakMap<LibraryPages, Arranging & { entries: LibraryEntry[] }>();

/** As `arrange`; the newest answer for each state of the pages is kept, so that library and player share it. */
export function arranged({ loaded, filter, order }: Arranging): readonly LibraryEntry[] {
  const kept = newest.get(loaded);
  if (kept?.filter === filter && kept.order === order) return kept.entries;
  const entries = arrange(loaded, filter, order);
  newest.set(loaded, { loaded, filter, order, entries });
  return entries;
}

/** A file among the files of its folder, in the order in which the library shows them. */
export interface Neighbours {
  /** As it is listed now; as it was opened where it is not in the list any more. */
  file: LibraryFile;
  /** 1-based; 0 where it is not in the list. */
  position: number;
  total: number;
  previous: LibraryFile | undefined;
  next: LibraryFile | undefined;
  /** The next one that goes on by itself: no still. */
  nextPlayed: LibraryFile | undefined;
}

export function neighboursOf(entries: readonly LibraryEntry[], opened: LibraryFile): Neighbours {
  const files = entries.filter((entry) => entry.type === 'file');
  const id = identityOf(opened);
  const index = files.findIndex((file) => identityOf(file) === id);
  return {
    file: files[index] ?? opened,
    position: index + 1,
    total: files.length,
    previous: files[index - 1],
    next: index < 0 ? undefined : files[index + 1],
    nextPlayed: index < 0 ? undefined : files.find((file, place) => place > index && isPlayed(file)),
  };
}

function isPlayed({ kind, sequence }: LibraryFile): boolean {
  return kind !== 'other' && (kind !== 'image' || sequence !== undefined);
}

import type { ErrorReport } from '../../../shared/errors.ts';
import type { NearplayApi } from '../../../shared/ipc.ts';
import type { LibraryEntry, LibraryFile } from '../../../shared/library.ts';
import { reportOf } from '../../api.ts';
import { type FolderVersion, nearestOf, otherVersionFolders, type VersionFolders, versionsIn } from './versions.ts';

/** Folders of other versions that are looked into. */
const MAX_VERSION_FOLDERS = 8;
/** Pages of one folder, of some 1,000 objects each, that are read to find its version folders or its files. */
const MAX_PAGES = 10;
/** Listings at once: the newest versions are there first, and a player that reads meanwhile keeps its line. */
const LISTINGS_AT_ONCE = 4;

/** What is known of the versions in other folders. */
export interface FoundVersions {
  phase: 'looking' | 'done' | 'failed';
  /** Newest first. */
  versions: readonly FolderVersion[];
  /** Not all folders of versions, or not all of their pages, are looked at. */
  isPartial: boolean;
  /** Why no more are known, where it failed. */
  report: ErrorReport | undefined;
}

interface Search {
  list: NearplayApi['listLibrary'];
  file: LibraryFile;
  /** Where its versions are. */
  folders: VersionFolders;
  changed: (found: FoundVersions) => void;
  /** Ends the search: no more is listed, and nothing is told. */
  signal: AbortSignal;
}

/**
 * Looks for the other versions of a file where each has a folder of its own: one listing of the folder that they are in, then
 * one of the newest and the nearest of them. What no listing shows is not told. Never rejects: a failure is told with what was
 * found before it.
 */
export async function findVersions({ list, file, folders, changed, signal }: Search): Promise<void> {
  let found: FoundVersions = { phase: 'looking', versions: [], isPartial: false, report: undefined };
  const tell = (more: Partial<FoundVersions>): void => {
    found = { ...found, ...more };
    if (!signal.aborted) changed(found);
  };
  tell({});
  try {
    const parent = await entriesOf(list, folders.parent, signal);
    const all = otherVersionFolders(parent.entries, folders);
    const near = nearestOf(all, folders.version, MAX_VERSION_FOLDERS);
    tell({ isPartial: !parent.isWhole || near.length < all.length });
    for (let first = 0; first < near.length; first += LISTINGS_AT_ONCE) {
      const some = near.slice(first, first + LISTINGS_AT_ONCE);
      const answers = await Promise.allSettled(some.map(({ folder }) => entriesOf(list, folder, signal)));
      for (const [index, folder] of some.entries()) {
        const answer = answers[index];
        if (answer?.status !== 'fulfilled') continue;
        const { entries, isWhole } = answer.value;
        const versions = [...found.versions, ...versionsIn(entries, file, folder)];
        found = { ...found, versions, isPartial: found.isPartial || !isWhole };
      }
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed) {
        tell({ phase: 'failed', report: reportOf(failed.reason) });
        return;
      }
      tell({});
    }
    tell({ phase: 'done' });
  } catch (error) {
    tell({ phase: 'failed', report: reportOf(error) });
  }
}

async function entriesOf(
  list: NearplayApi['listLibrary'],
  folder: string,
  signal: AbortSignal,
): Promise<{ entries: readonly LibraryEntry[]; isWhole: boolean }> {
  const entries: LibraryEntry[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    signal.throwIfAborted();
    const answer = await list({ folder, ...(cursor !== undefined && { cursor }) });
    for (const entry of answer.entries) entries.push(entry);
    cursor = answer.cursor;
    if (cursor === undefined) return { entries, isWhole: true };
  }
  return { entries, isWhole: false };
}

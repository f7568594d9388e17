import type { MediaKind } from './media.ts';
import type { Route } from './routing.ts';

/** A folder or a file of the main storage, as the library shows it. Keys and folders are relative to the prefix. */
export type LibraryEntry = LibraryFolder | LibraryFile;

export interface LibraryFolder {
  type: 'folder';
  /** Relative to the storage's prefix, with a closing `/`. */
  key: string;
  name: string;
}

export interface LibraryFile {
  type: 'file';
  /** Relative to the storage's prefix. Of a sequence: the key of its last frame, with which it moves to a replica. */
  key: string;
  /** For people, and no identity: that of a sequence has `####` for the number, and a file may really be called so. */
  name: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch, on the storage's clock. */
  lastModified: number;
  etag: string;
  kind: MediaKind;
  route: Route;
  /** Present on an image sequence, which is listed, routed and played as one file. */
  sequence?: FrameSequence;
}

/** What tells one sequence from all others and from every file: no text that could be a key. */
export interface SequenceId {
  /** What comes before the number in the keys of its frames, folders included. */
  head: string;
  /** What comes after the number. */
  tail: string;
  /** Digits that numbers are filled up to with zeros; 0: they are not. */
  padding: number;
}

export interface FrameSequence {
  id: SequenceId;
  /** The key of the first frame. */
  firstKey: string;
  first: number;
  last: number;
  /** Frames that are there. */
  count: number;
  /** As people write them: `1001-1096, 1100`. */
  frames: string;
  /** True where more frames may be in the folder than could be listed at once: then the figures are of those listed. */
  goesOn?: true;
}

export interface LibraryPage {
  folder: string;
  entries: LibraryEntry[];
  /** Pass it on to get the next page; absent on the last one. */
  cursor?: string;
}

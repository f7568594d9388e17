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
  /** For display, not an identity: a sequence's name has `####` for the number, and a file may really have that name. */
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

/** Identity of a sequence: no text that could be a key. */
export interface SequenceId {
  /** Part of the frames' keys before the number, folders included. */
  head: string;
  /** Part after the number. */
  tail: string;
  /** Digits to which numbers are padded with zeros; 0: no padding. */
  padding: number;
}

export interface FrameSequence {
  id: SequenceId;
  /** The key of the first frame. */
  firstKey: string;
  first: number;
  last: number;
  /** Number of existing frames. */
  count: number;
  /** For display: `1001-1096, 1100`. */
  frames: string;
  /** True where the folder may hold more frames than one listing covers: the figures are then of those listed. */
  goesOn?: true;
}

export interface LibraryPage {
  folder: string;
  entries: LibraryEntry[];
  /** Pass it on to get the next page; absent on the last one. */
  cursor?: string;
}

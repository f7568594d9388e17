import type { ErrorReport } from './errors.ts';
import type { LeftOutList } from './leftOut.ts';

/** State of a watch folder: a local folder whose new files are uploaded, each once, also across restarts. */
export interface WatchFolderStatus {
  id: string;
  /** On this machine, for the user to recognise. */
  path: string;
  /** In the main storage, relative to the prefix. */
  folder: string;
  state: 'watching' | 'paused' | 'unreachable';
  /** Uploads since it was added. */
  uploaded: number;
  /** Files seen that are still being written or wait in the queue. */
  waiting: number;
  error?: ErrorReport;
  /** Files in it that are not uploaded, except hidden and temporary ones; absent: none. */
  leftOut?: LeftOutList;
}

/** Number of queued files; none when the user cancelled. */
export interface Added {
  files: number;
  /** Files that are not uploaded, except hidden files and litter; absent: none. */
  leftOut?: LeftOutList;
}

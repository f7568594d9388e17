import type { ErrorReport } from './errors.ts';
import type { LeftOutList } from './leftOut.ts';

/** A folder of this machine whose new files are uploaded, each once, also over restarts. */
export interface WatchFolderStatus {
  id: string;
  /** On this machine, for the user to recognise. */
  path: string;
  /** In the main storage, relative to the prefix. */
  folder: string;
  state: 'watching' | 'paused' | 'unreachable';
  /** Since it is watched. */
  uploaded: number;
  /** Files seen that are still being written or wait in the queue. */
  waiting: number;
  error?: ErrorReport;
  /** What lies in it and is not uploaded, but for hidden and temporary files; absent: nothing. */
  leftOut?: LeftOutList;
}

/** What came into the queue of what was dropped or chosen; none when the user cancelled. */
export interface Added {
  files: number;
  /** What did not, but for hidden files and litter; absent: nothing. */
  leftOut?: LeftOutList;
}

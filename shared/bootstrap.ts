import type { ErrorReport } from './errors.ts';
import type { PreferencesStatus } from './preferencesStatus.ts';
import type { ReadingStatus } from './reading.ts';
import type { Settings } from './settings.ts';
import type { JournalUnread, TransferTotals } from './transfers.ts';
import type { WatchFolderStatus } from './uploads.ts';

export interface CredentialsStatus {
  /** `null`: none were found. */
  source: string | null;
  profiles: string[];
  problem?: ErrorReport;
}

/** Everything the window needs for its first paint. */
export interface Bootstrap {
  version: string;
  platform: string;
  /** Runtime of the window: Electron, or a browser in its place during development. */
  runtime: string;
  settings: Settings;
  preferences: PreferencesStatus;
  credentials: CredentialsStatus;
  /** `null` while there are no preferences. */
  reading: ReadingStatus | null;
  /** The transfers themselves are fetched by `listTransfers`: there may be 100,000. */
  transfers: TransferTotals;
  /** Absent: everything could be read. */
  unread?: JournalUnread;
  watchFolders: WatchFolderStatus[];
}

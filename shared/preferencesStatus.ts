import type { ErrorReport } from './errors.ts';
import type { Finding, IsolationPreferences } from './preferences.ts';

/** One saved state of the preferences object in the main storage. */
export interface PreferencesVersion {
  versionId: string;
  /** Milliseconds since the epoch. */
  savedAt: number;
  size: number;
  current: boolean;
}

/** Initial state of the preferences editor. */
export interface PreferencesEditing {
  /** The document in force as text, '' where there is none. */
  text: string;
  /** Of the object in the main storage; absent: there is none yet. */
  etag?: string;
  /** Reason why these credentials may not write it; absent: they may. */
  refusal?: ErrorReport;
  /** This machine's own file: a draft that leads away from it is not saved (preferencesTrust.ts). */
  pinned?: IsolationPreferences;
  history: PreferencesVersion[];
}

export interface PreferencesStatus {
  origin: { kind: 'managed' | 'bucket' | 'imported' | 'command-line'; where: string } | null;
  document: IsolationPreferences | null;
  findings: Finding[];
}

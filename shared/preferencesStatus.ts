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

/** What the editor of the preferences begins with. */
export interface PreferencesEditing {
  /** The document in force as text, '' where there is none. */
  text: string;
  /** Of the object in the main storage; absent: there is none yet. */
  etag?: string;
  /** Why these credentials may not write it; absent: they may. */
  refusal?: ErrorReport;
  /** What this machine's own file says: a draft that leads away from it is not saved (preferencesTrust.ts). */
  pinned?: IsolationPreferences;
  history: PreferencesVersion[];
}

export interface PreferencesStatus {
  origin: { kind: 'managed' | 'bucket' | 'imported' | 'command-line'; where: string } | null;
  document: IsolationPreferences | null;
  findings: Finding[];
}

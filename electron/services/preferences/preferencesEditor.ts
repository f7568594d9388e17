import { NearplayError } from '../../../shared/errors.ts';
import { errorsOf, parsePreferences } from '../../../shared/preferences.ts';
import { type Change, diffPreferences } from '../../../shared/preferencesMerge.ts';
import type { PreferencesEditing } from '../../../shared/preferencesStatus.ts';
import type { Studio } from '../reading/studio.ts';
import { PreferencesInBucket } from './preferencesInBucket.ts';
import { bucketPlace, type PreferencesSource } from './preferencesSource.ts';

/** Changes of a save, for the confirmation. */
export interface SaveQuestion {
  /** Differences from the document in force. */
  changes: readonly Change[];
  /** Location of the object. */
  where: string;
}

export interface PreferencesEditorOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  source: Pick<PreferencesSource, 'status' | 'pinned'>;
  /** Asks the user before preferences are saved for all users; absent: no question. */
  agreeToSave?: ((question: SaveQuestion) => Promise<boolean>) | undefined;
  /** The object was written: another document may be in force now. */
  saved: () => Promise<void>;
}

/** Reads and writes the preferences object in the main storage, for its editor. */
export class PreferencesEditor {
  readonly #options: PreferencesEditorOptions;

  constructor(options: PreferencesEditorOptions) {
    this.#options = options;
  }

  /** Initial state of an editor. @throws NearplayError no-preferences, preferences-invalid, access-denied, offline … */
  async edit(): Promise<PreferencesEditing> {
    const { source } = this.#options;
    const studio = this.#options.studio();
    const { document } = source.status();
    const stored = new PreferencesInBucket(studio);
    const read = await stored.read();
    const current = typeof read === 'object' ? read : undefined;
    const managed = this.#managedRefusal();
    const refusal = managed ?? (await stored.refusal());
    const inForce = JSON.stringify(document, undefined, 2);
    const pinned = source.pinned();
    return {
      // An object that is no text is repaired by saving the document in force.
      text: managed || !current || current.fault ? inForce : current.text,
      ...(current?.etag !== undefined && { etag: current.etag }),
      ...(refusal && { refusal: refusal.report() }),
      ...(pinned && { pinned }),
      history: await stored.history().catch(() => []),
    };
  }

  /**
   * Saves for all users of these preferences.
   *
   * @param etag the ETag from `edit`; absent: there was no object.
   * @throws NearplayError conflict when another save came between; cancelled, preferences-invalid, not-supported,
   *   access-denied …
   */
  async save(text: string, etag?: string): Promise<PreferencesEditing> {
    const { source, agreeToSave, saved } = this.#options;
    const studio = this.#options.studio();
    const managed = this.#managedRefusal();
    if (managed) throw managed;
    const { document, findings } = parsePreferences(text);
    if (!document) throw new NearplayError('preferences-invalid', errorsOf(findings).join(' '));
    // Every machine would reject the saved document.
    const leaving = errorsOf(parsePreferences(text, { pinned: source.pinned() }).findings);
    if (leaving.length > 0) throw new NearplayError('not-supported', leaving.join(' '));
    // The page cannot confirm this itself: the user sees each save before it happens.
    const changes = diffPreferences(studio.preferences, document);
    const agreed = await agreeToSave?.({ changes, where: bucketPlace(studio.preferences) });
    if (agreed === false) throw new NearplayError('cancelled', 'Nothing was saved.');
    await new PreferencesInBucket(studio).save(text, etag);
    await saved();
    return this.edit();
  }

  /** The text of an earlier version. @throws NearplayError no-such-key, access-denied, offline … */
  async readVersion(versionId: string): Promise<string> {
    return new PreferencesInBucket(this.#options.studio()).readVersion(versionId);
  }

  #managedRefusal(): NearplayError | undefined {
    const { origin } = this.#options.source.status();
    if (origin?.kind !== 'managed' && origin?.kind !== 'command-line') return undefined;
    return new NearplayError('not-supported', `The preferences are managed in ${origin.where}.`);
  }
}

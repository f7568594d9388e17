import { NearplayError } from '../../../shared/errors.ts';
import { errorsOf, parsePreferences } from '../../../shared/preferences.ts';
import { type Change, diffPreferences } from '../../../shared/preferencesMerge.ts';
import type { PreferencesEditing } from '../../../shared/preferencesStatus.ts';
import type { Studio } from '../reading/studio.ts';
import { PreferencesInBucket } from './preferencesInBucket.ts';
import { bucketPlace, type PreferencesSource } from './preferencesSource.ts';

/** What saving the preferences would change, for the person who is asked. */
export interface SaveQuestion {
  /** Against what is in force. */
  changes: readonly Change[];
  /** The object that is written. */
  where: string;
}

export interface PreferencesEditorOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  source: Pick<PreferencesSource, 'status' | 'pinned'>;
  /** Asks a person before preferences are saved for everybody; absent: nobody is asked. */
  agreeToSave?: ((question: SaveQuestion) => Promise<boolean>) | undefined;
  /** The object was written: what is in force may be another document now. */
  saved: () => Promise<void>;
}

/** Reads and writes the preferences object in the main storage, for its editor. */
export class PreferencesEditor {
  readonly #options: PreferencesEditorOptions;

  constructor(options: PreferencesEditorOptions) {
    this.#options = options;
  }

  /** What an editor begins with. @throws NearplayError no-preferences, preferences-invalid, access-denied, offline … */
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
      // An object that is no text: saving what is in force repairs it.
      text: managed || !current || current.fault ? inForce : current.text,
      ...(current?.etag !== undefined && { etag: current.etag }),
      ...(refusal && { refusal: refusal.report() }),
      ...(pinned && { pinned }),
      history: await stored.history().catch(() => []),
    };
  }

  /**
   * Saves for everybody who reads these preferences.
   *
   * @param etag what `edit` told of the object that the draft began with; absent: there was none.
   * @throws NearplayError conflict when another save came between; cancelled, preferences-invalid, not-supported, access-denied …
   */
  async save(text: string, etag?: string): Promise<PreferencesEditing> {
    const { source, agreeToSave, saved } = this.#options;
    const studio = this.#options.studio();
    const managed = this.#managedRefusal();
    if (managed) throw managed;
    const { document, findings } = parsePreferences(text);
    if (!document) throw new NearplayError('preferences-invalid', errorsOf(findings).join(' '));
    // Saved all the same, every machine would refuse it.
    const leaving = errorsOf(parsePreferences(text, { pinned: source.pinned() }).findings);
    if (leaving.length > 0) throw new NearplayError('not-supported', leaving.join(' '));
    // The page cannot answer this: what it could be made to send is seen by a person first.
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

import { NearplayError } from '../../shared/errors.ts';
import { parsePreferences } from '../../shared/preferences.ts';
import type { PreferencesEditing, PreferencesVersion } from '../../shared/preferencesStatus.ts';

const DAY = 86_400_000;

interface Saved {
  versionId: string;
  savedAt: number;
  text: string;
}

/** The preferences object of the main storage with its history, in memory. */
export class FakePreferencesObject {
  readonly #readOnly: boolean;
  /** What a colleague saves just before the first save from here. */
  #colleague: ((text: string) => string) | undefined;
  #saved: Saved[];

  constructor(text: string, options: { readOnly: boolean; colleague?: (text: string) => string }) {
    this.#readOnly = options.readOnly;
    this.#colleague = options.colleague;
    const now = Date.now();
    this.#saved = [
      { versionId: 'third', savedAt: now - 2 * DAY, text },
      { versionId: 'second', savedAt: now - 40 * DAY, text: text.replace('"delaySeconds": 60', '"delaySeconds": 120') },
      {
        versionId: 'first',
        savedAt: now - 200 * DAY,
        text: text.replace(/, "2001:db8:20::\/44"|,\s+"2001:[^"]+"/, ''),
      },
    ];
  }

  edit(): PreferencesEditing {
    const [current] = this.#saved;
    return {
      text: current?.text ?? '',
      ...(current && { etag: current.versionId }),
      ...(this.#readOnly && {
        refusal: {
          code: 'access-denied' as const,
          message: 'Your sign-in may not write to the main storage (s3:PutObject on media/.nearplay/).',
          retryable: false,
        },
      }),
      history: this.#saved.map(({ versionId, savedAt, text }, index): PreferencesVersion => ({
        versionId,
        savedAt,
        size: text.length,
        current: index === 0,
      })),
    };
  }

  save(text: string, etag: string | undefined): PreferencesEditing {
    const colleague = this.#colleague;
    this.#colleague = undefined;
    if (colleague) this.#put(colleague(this.#saved[0]?.text ?? ''));
    if (etag !== this.#saved[0]?.versionId) throw new NearplayError('conflict');
    if (!parsePreferences(text).document) throw new NearplayError('preferences-invalid');
    this.#put(text);
    return this.edit();
  }

  read(versionId: string): { text: string } {
    const found = this.#saved.find((saved) => saved.versionId === versionId);
    if (!found) throw new NearplayError('no-such-key');
    return { text: found.text };
  }

  #put(text: string): void {
    this.#saved = [{ versionId: `saved-${this.#saved.length}`, savedAt: Date.now(), text }, ...this.#saved];
  }
}

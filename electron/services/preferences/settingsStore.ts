import { NearplayError } from '../../../shared/errors.ts';
import { ONCE } from '../../../shared/parseOnce.ts';
import {
  DEFAULT_SETTINGS,
  EARLIER_SETTING_NAMES,
  type Settings,
  type SettingsPatch,
  settingsPatchSchema,
  settingsSchema,
} from '../../../shared/settings.ts';
import { factsOf } from '../runtime/errorFacts.ts';
import type { Log } from '../runtime/log.ts';

/** Where settings are kept: electron-store in the app, a file of the same format for a terminal. */
export interface SettingsBackend {
  /** The stored value, not validated. */
  read(): unknown;
  /** @param settings all of them; some may be as they were found, and not valid. */
  write(settings: Readonly<Record<keyof Settings, unknown>>): void;
}

/**
 * The user's settings, validated both ways. A stored value that is not valid counts as its default, and stays as it is until the
 * user changes that very setting: another version may understand it, and people can mend it.
 */
export class SettingsStore {
  readonly #backend: SettingsBackend;
  #settings: Settings;
  /** What is stored and not valid, as it was found. */
  #invalid: Partial<Record<keyof Settings, unknown>>;

  constructor(backend: SettingsBackend, log: Log) {
    this.#backend = backend;
    const { settings, invalid } = settingsFrom(readOrNothing(backend, log), log);
    this.#settings = settings;
    this.#invalid = invalid;
  }

  get(): Settings {
    return this.#settings;
  }

  /** @throws NearplayError settings-invalid, when nothing was changed. */
  change(patch: SettingsPatch & Partial<Pick<Settings, 'importedPreferences' | 'watchFolders'>>): Settings {
    const { importedPreferences, watchFolders, ...rest } = patch;
    if (!settingsPatchSchema.safeParse(rest).success) throw new NearplayError('settings-invalid');
    const changed = settingsSchema.safeParse({
      ...this.#settings,
      ...rest,
      ...(importedPreferences !== undefined && { importedPreferences }),
      ...(watchFolders !== undefined && { watchFolders }),
    });
    if (!changed.success) throw new NearplayError('settings-invalid');
    const invalid = Object.fromEntries(Object.entries(this.#invalid).filter(([name]) => !Object.hasOwn(patch, name)));
    try {
      this.#backend.write({ ...changed.data, ...invalid });
    } catch (cause) {
      const { code } = factsOf(cause);
      const said = code === '' ? '' : ` (${code})`;
      const remedy = code === 'ENOSPC' || code === 'EDQUOT' ? ' Make room on the disk.' : '';
      const message = `The settings could not be saved${said}; nothing was changed.${remedy}`;
      throw new NearplayError('settings-invalid', message, { cause });
    }
    this.#settings = changed.data;
    this.#invalid = invalid;
    return this.#settings;
  }
}

/** An unreadable file must not block the app. */
function readOrNothing(backend: SettingsBackend, log: Log): unknown {
  try {
    return backend.read();
  } catch (error) {
    log.warn('Settings cannot be read; defaults in force', { error });
    return undefined;
  }
}

interface Found {
  settings: Settings;
  invalid: Partial<Record<keyof Settings, unknown>>;
}

function settingsFrom(stored: unknown, log: Log): Found {
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  const invalid: Record<string, unknown> = {};
  if (typeof stored !== 'object' || stored === null) return { settings: DEFAULT_SETTINGS, invalid };
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    const storedName = storedNameOf(name, stored);
    if (storedName === undefined) continue;
    const found: unknown = Reflect.get(stored, storedName);
    const value = schema.safeParse(found, ONCE);
    if (value.success) {
      settings[name] = value.data;
      continue;
    }
    invalid[name] = found;
    log.warn('A setting is not valid: it counts as its default, and stays as it is until it is changed', { name });
  }
  return { settings: settingsSchema.parse(settings, ONCE), invalid };
}

/** The name under which a file has a setting: its own, else the one of earlier versions; `undefined`: the file has neither. */
function storedNameOf(name: string, stored: object): string | undefined {
  const earlierNames: Readonly<Record<string, string>> = EARLIER_SETTING_NAMES;
  return [name, earlierNames[name]].find((one) => one !== undefined && Object.hasOwn(stored, one));
}

/**
 * Settings that live as long as the process: for the command line, which changes none, for the app where its file cannot be
 * used, and for tests.
 */
export function settingsInMemory(initial: Partial<Settings> = {}): SettingsBackend {
  let settings: unknown = { ...DEFAULT_SETTINGS, ...initial };
  return {
    read: () => settings,
    write: (changed) => {
      settings = changed;
    },
  };
}

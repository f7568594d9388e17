import { NearplayError } from '../../../shared/errors.ts';
import {
  DEFAULT_SETTINGS,
  type Settings,
  type SettingsPatch,
  settingsPatchSchema,
  settingsSchema,
} from '../../../shared/settings.ts';
import type { Log } from '../runtime/log.ts';

/** Where settings are kept: electron-store in the app, a file of the same format for a terminal. */
export interface SettingsBackend {
  /** Whatever was stored, unchecked: the services validate it. */
  read(): unknown;
  write(settings: Settings): void;
}

/**
 * The user's settings, validated both ways. A stored value that is not valid counts as its default until the user
 * changes something, and is never written over before that: a newer version may understand it.
 */
export class SettingsStore {
  readonly #backend: SettingsBackend;
  #settings: Settings;

  constructor(backend: SettingsBackend, log: Log) {
    this.#backend = backend;
    this.#settings = settingsFrom(readOrNothing(backend, log), log);
  }

  get(): Settings {
    return this.#settings;
  }

  /** @throws NearplayError settings-invalid, when nothing was changed. */
  change(patch: SettingsPatch & Partial<Pick<Settings, 'importedPreferences' | 'uploadFolders'>>): Settings {
    const { importedPreferences, uploadFolders, ...rest } = patch;
    if (!settingsPatchSchema.safeParse(rest).success) throw new NearplayError('settings-invalid');
    const changed = settingsSchema.safeParse({
      ...this.#settings,
      ...rest,
      ...(importedPreferences !== undefined && { importedPreferences }),
      ...(uploadFolders !== undefined && { uploadFolders }),
    });
    if (!changed.success) throw new NearplayError('settings-invalid');
    try {
      this.#backend.write(changed.data);
    } catch (cause) {
      throw new NearplayError('settings-invalid', 'The settings could not be saved. Is the disk full?', { cause });
    }
    this.#settings = changed.data;
    return this.#settings;
  }
}

/** A file that cannot be read must not keep anybody from working. */
function readOrNothing(backend: SettingsBackend, log: Log): unknown {
  try {
    return backend.read();
  } catch (error) {
    log.warn('The settings cannot be read and count as their defaults', { error });
    return undefined;
  }
}

function settingsFrom(stored: unknown, log: Log): Settings {
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  if (typeof stored !== 'object' || stored === null) return DEFAULT_SETTINGS;
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    if (!Object.hasOwn(stored, name)) continue;
    const value = schema.safeParse(Reflect.get(stored, name));
    if (value.success) settings[name] = value.data;
    else log.warn('A setting is not valid and counts as its default', { name });
  }
  return settingsSchema.parse(settings);
}

/** Settings that live as long as the process: for the command line, which changes none, and for tests. */
export function settingsInMemory(initial: Partial<Settings> = {}): SettingsBackend {
  let settings: unknown = { ...DEFAULT_SETTINGS, ...initial };
  return {
    read: () => settings,
    write: (changed) => {
      settings = changed;
    },
  };
}

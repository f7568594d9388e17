import type { MessageBoxOptions } from 'electron';
import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_VERSION } from '../../shared/settings.ts';
import { MIB } from '../../shared/units.ts';
import { utf8Text } from '../services/files/utf8Text.ts';
import { assertFile, writePlaceOfSync } from '../services/files/writePlace.ts';
import { type SettingsBackend, settingsInMemory } from '../services/preferences/settingsStore.ts';
import type { Log } from '../services/runtime/log.ts';

const FILE_NAME = 'settings';
const VERSION_KEY = 'settingsVersion';
/** Bytes; the largest settings that are valid take less (shared/settings.ts). More is not read into memory. */
export const MAX_SETTINGS_BYTES = 32 * MIB;
/** Readable by the user alone: it names profiles and folders. */
const PRIVATE_FILE_MODE = 0o600;

/** The parts of electron-store that are used here. */
interface Store {
  readonly store: Record<string, unknown>;
  set(values: Record<string, unknown>): void;
}

export interface StoreOptions {
  name: string;
  cwd: string;
  configFileMode: number;
  clearInvalidConfig: boolean;
}

export interface SettingsFileOptions {
  /** Absolute. */
  folder: string;
  createStore: (options: StoreOptions) => Store;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Shows a message to the user; default: none. */
  notify?: (message: MessageBoxOptions) => void;
}

/**
 * The settings in `settings.json`, written atomically. A file that is not JSON in UTF-8 is set aside, and one of a
 * newer Nearplay is copied aside, before it is overwritten; values unknown to this version are kept. When the file can
 * be neither read nor set aside, it is left alone and settings last as long as the process.
 */
export function openSettingsFile(options: SettingsFileOptions): SettingsBackend {
  const { folder, createStore, log, now, notify } = options;
  const file = join(folder, `${FILE_NAME}.json`);
  const state = inspect(file);
  if (state === 'unreadable') {
    log.error('The settings file cannot be read; changes last until Nearplay is closed', { file });
    notify?.(notRead(`They are in ${file}, which cannot be read.`));
    return settingsInMemory();
  }
  if (state === 'damaged' || state === 'newer') {
    let aside: string;
    try {
      // A link to settings elsewhere stays; new settings are written to its target.
      const { path } = assertFile(file, writePlaceOfSync(file));
      aside = `${path}.${state}-${new Date(now()).toISOString().replaceAll(':', '-')}`;
      if (state === 'damaged') renameSync(path, aside);
      else copyFileSync(path, aside);
    } catch (error) {
      log.error('The settings file cannot be set aside and is left alone', { reason: state, file, error });
      notify?.(notRead(`They are in ${file}, which is ${state === 'damaged' ? 'damaged' : 'of a newer Nearplay'}.`));
      return settingsInMemory();
    }
    log.warn('The settings file was set aside', { reason: state, aside });
    if (state === 'damaged') notify?.(setAside(aside));
  }
  const store = createStore({
    name: FILE_NAME,
    cwd: folder,
    configFileMode: PRIVATE_FILE_MODE,
    clearInvalidConfig: false,
  });
  return {
    read: () => store.store,
    write: (settings) => store.set({ ...settings, [VERSION_KEY]: SETTINGS_VERSION }),
  };
}

type FileState = 'usable' | 'damaged' | 'newer' | 'unreadable';

function inspect(file: string): FileState {
  if (!existsSync(file)) return 'usable';
  let bytes: Buffer;
  try {
    const stats = statSync(file);
    // Opening a pipe would block; a device holds no settings.
    if (!stats.isFile()) return 'unreadable';
    if (stats.size > MAX_SETTINGS_BYTES) return 'damaged';
    bytes = readFileSync(file);
  } catch {
    return 'unreadable';
  }
  try {
    const value: unknown = JSON.parse(utf8Text(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'damaged';
    const version: unknown = Reflect.get(value, VERSION_KEY);
    return typeof version === 'number' && version > SETTINGS_VERSION ? 'newer' : 'usable';
  } catch {
    return 'damaged';
  }
}

function setAside(aside: string): MessageBoxOptions {
  return {
    type: 'warning',
    message: 'Your settings could not be read',
    detail: `The file is damaged. Nearplay begins with the usual settings. The damaged file is kept as ${aside}.`,
  };
}

function notRead(where: string): MessageBoxOptions {
  return {
    type: 'warning',
    message: 'Your settings could not be read',
    detail: `${where} Nearplay leaves that file alone, and what you change lasts until it is closed.`,
  };
}

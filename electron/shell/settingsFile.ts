import { copyFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_VERSION, type Settings } from '../../shared/settings.ts';
import type { Log, SettingsBackend } from '../services/contract.ts';

const NAME = 'settings';
const VERSION_KEY = 'settingsVersion';
/** Bytes; the largest settings that are valid take less (shared/settings.ts). More is not read into memory. */
export const LARGEST_SETTINGS = 32 * 1024 * 1024;
/** Readable by the user alone: it names profiles and folders. */
const PRIVATE = 0o600;

/** What this file needs of electron-store. */
export interface Store {
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
}

/**
 * The settings in `settings.json`, written atomically. A file that is not JSON, or that a newer Nearplay wrote, is copied
 * aside before anything is written over it; values that this version does not know stay where they are. When the file
 * cannot even be read, the settings last as long as the process and the file is left alone.
 */
export function openSettingsFile({ folder, createStore, log, now }: SettingsFileOptions): SettingsBackend {
  const file = join(folder, `${NAME}.json`);
  const state = inspect(file);
  if (state === 'unreadable') {
    log.error('The settings file cannot be read; changes last until Nearplay is closed', { file });
    return inMemory();
  }
  if (state === 'damaged' || state === 'newer') {
    const backup = `${file}.${state}-${new Date(now()).toISOString().replaceAll(':', '-')}`;
    copyFileSync(file, backup);
    log.warn('The settings file was copied aside', { reason: state, backup });
    if (state === 'damaged') rmSync(file);
  }
  const store = createStore({ name: NAME, cwd: folder, configFileMode: PRIVATE, clearInvalidConfig: false });
  return {
    read: () => store.store,
    write: (settings) => store.set({ ...settings, [VERSION_KEY]: SETTINGS_VERSION }),
  };
}

type FileState = 'usable' | 'damaged' | 'newer' | 'unreadable';

function inspect(file: string): FileState {
  if (!existsSync(file)) return 'usable';
  let text: string;
  try {
    if (statSync(file).size > LARGEST_SETTINGS) return 'damaged';
    text = readFileSync(file, 'utf8');
  } catch {
    return 'unreadable';
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'damaged';
    const version: unknown = Reflect.get(value, VERSION_KEY);
    return typeof version === 'number' && version > SETTINGS_VERSION ? 'newer' : 'usable';
  } catch {
    return 'damaged';
  }
}

function inMemory(): SettingsBackend {
  let kept: Settings | undefined;
  return {
    read: () => kept,
    write: (settings) => {
      kept = settings;
    },
  };
}

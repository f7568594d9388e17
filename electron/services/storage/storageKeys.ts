import type { StorageConfiguration } from '../../../shared/preferences.ts';

/** Nearplay's own folder below the prefix; never shown as media. */
export const OWN_FOLDER = '.nearplay/';
/** The studio's preferences in the main storage, relative to its prefix. */
export const PREFERENCES_KEY = `${OWN_FOLDER}isolation-preferences.json`;

/** The whole key in the bucket of a key that is relative to the storage's prefix. */
export function wholeKey({ prefix }: Pick<StorageConfiguration, 'prefix'>, key: string): string {
  return prefix === '' ? key : `${prefix}/${key}`;
}

/** The key relative to the storage's prefix. */
export function relativeKey({ prefix }: Pick<StorageConfiguration, 'prefix'>, whole: string): string {
  return prefix === '' ? whole : whole.slice(prefix.length + 1);
}

/** A key as people type and see it, for sentences: relative to the prefix, and whole only where it is not below it. */
export function shownKey(configuration: Pick<StorageConfiguration, 'prefix'>, whole: string): string {
  return whole.startsWith(wholeKey(configuration, '')) ? relativeKey(configuration, whole) : whole;
}

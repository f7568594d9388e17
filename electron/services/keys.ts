import type { StorageConfiguration } from '../../shared/preferences.ts';

/** The folder below the prefix that Nearplay keeps for itself; never shown as media. */
export const OWN_FOLDER = '.nearplay/';

/** The whole key in the bucket of a key that is relative to the storage's prefix. */
export function wholeKey({ prefix }: Pick<StorageConfiguration, 'prefix'>, key: string): string {
  return prefix === '' ? key : `${prefix}/${key}`;
}

/** The key relative to the storage's prefix. */
export function relativeKey({ prefix }: Pick<StorageConfiguration, 'prefix'>, whole: string): string {
  return prefix === '' ? whole : whole.slice(prefix.length + 1);
}

/** The folder of a key, '' at the top, with a closing slash otherwise. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** The last part of a key or folder, without slashes. */
export function nameOfKey(key: string): string {
  const bare = key.endsWith('/') ? key.slice(0, -1) : key;
  return bare.slice(bare.lastIndexOf('/') + 1);
}

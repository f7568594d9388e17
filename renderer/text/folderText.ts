import type { Translate } from './i18n.ts';

/** A folder of the library as a sentence names it: the topmost one has no name of its own. */
export function folderText(folder: string, t: Translate): string {
  return folder === '' ? t('uploads.library') : folder;
}

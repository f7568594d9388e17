import type { LibraryEntry } from '../../shared/library.ts';

/**
 * Identity of an entry in the whole library, stable over refreshes and independent of its name: a file may be called as
 * the sequence beside it is.
 */
export function identityOf(entry: LibraryEntry): string {
  if (entry.type === 'folder') return identityOfFolder(entry.key);
  if (!entry.sequence) return `file ${entry.key}`;
  const { head, tail, padding } = entry.sequence.id;
  return `sequence ${JSON.stringify([head, tail, padding])}`;
}

/** @param key with its closing slash. */
export function identityOfFolder(key: string): string {
  return `folder ${key}`;
}

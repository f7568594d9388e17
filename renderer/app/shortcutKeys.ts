export type Shortcut =
  'filter' | 'upload' | 'settings' | 'help' | 'close' | 'up' | 'view' | 'compare' | 'transfers' | 'why' | 'replication';

const KEYS: ReadonlyMap<string, Shortcut> = new Map([
  ['/', 'filter'],
  ['u', 'upload'],
  [',', 'settings'],
  ['?', 'help'],
  ['Escape', 'close'],
  ['Backspace', 'up'],
  ['v', 'view'],
  ['d', 'compare'],
  ['t', 'transfers'],
  ['w', 'why'],
  ['r', 'replication'],
]);

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Shortcut of a key, everywhere in the window. Ctrl+, and Cmd+, open the settings, as other programs have it. */
export function shortcutOf({ key, ctrlKey, metaKey, altKey }: KeyPress): Shortcut | undefined {
  if (altKey) return undefined;
  if (ctrlKey || metaKey) return key === ',' ? 'settings' : key === 'f' ? 'filter' : undefined;
  return KEYS.get(key.length === 1 ? key.toLowerCase() : key);
}

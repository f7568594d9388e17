import { utf8Length } from './keys.ts';
import { MISLEADING } from './terminalText.ts';

/**
 * Bytes of UTF-8: the limit of ext4, XFS and APFS. NTFS and exFAT count 255 units of UTF-16, HFS+ 255 units of the decomposed
 * name; neither is ever more than the bytes are.
 */
const MAX_NAME_BYTES = 255;
const NAME_OF_NOTHING = 'unnamed';
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\s]*$/u;
/** Not in a name on Windows (Microsoft, "Naming Files, Paths, and Namespaces"). */
const FORBIDDEN_CHARACTERS = /[<>:"|?*]/g;
/** Windows drops blanks and dots at the end; other blanks are only hard to see. */
const TRAILING_BLANKS_AND_DOTS = /[\s.]+$/u;
/** Devices on Windows, with any extension and in any case; before Windows 11 also with blanks before the dot. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)/i;
/** The part that a shortened or numbered name keeps: the extension, and a frame number before it. */
const FRAME_AND_EXTENSION = /(?:\.-?\d{1,10})?\.[^.]{1,24}$/u;

/**
 * File name for an object that is valid on Windows, macOS and Linux: the last part of its key, never empty, never a way
 * out of the folder, at most 255 bytes with its extension kept. Invalid characters become `_`. A valid name stays
 * unchanged.
 */
export function safeFileName(key: string): string {
  const last = /[^/\\]*[/\\]*$/.exec(key)?.[0].replace(/[/\\]+$/, '') ?? '';
  const clean = last.replace(MISLEADING, '_').replace(FORBIDDEN_CHARACTERS, '_').replace(TRAILING_BLANKS_AND_DOTS, '');
  const fitting = fitted(INVISIBLE.test(clean) ? NAME_OF_NOTHING : clean, MAX_NAME_BYTES);
  return isDeviceOfWindows(fitting) ? fitted(`_${fitting}`, MAX_NAME_BYTES) : fitting;
}

/** Whether Windows treats a name as a device, in any folder. */
export function isDeviceOfWindows(name: string): boolean {
  return DEVICE_NAME.test(name.replace(TRAILING_BLANKS_AND_DOTS, ''));
}

/**
 * Names for objects that are saved into one folder: safe, and no two the same, also where a file system takes `A` and `a`, or
 * composed and decomposed letters, for one. The same set of keys gets the same names, in any order; a key that is
 * safe as it is goes before one that had to be changed.
 */
export function localNames(keys: Iterable<string>): Map<string, string> {
  const distinct = [...new Set(keys)].sort().map((key) => ({ key, name: safeFileName(key) }));
  const isOwn = ({ key, name }: { key: string; name: string }) => key.endsWith(name);
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  for (const { key, name } of [...distinct.filter(isOwn), ...distinct.filter((one) => !isOwn(one))]) {
    let free = name;
    for (let count = counts.get(foldedName(name)) ?? 2; taken.has(foldedName(free)); count++) {
      free = numberedName(name, count);
      counts.set(foldedName(name), count + 1);
    }
    taken.add(foldedName(free));
    names.set(key, free);
  }
  return names;
}

/** `plate.0001.exr` as `plate (2).0001.exr`. */
export function numberedName(name: string, count: number): string {
  const tail = tailOf(name);
  const number = ` (${count})`;
  const stem = name.slice(0, name.length - tail.length);
  return cut(stem, MAX_NAME_BYTES - number.length - utf8Length(tail)) + number + tail;
}

function fitted(name: string, longest: number): string {
  if (utf8Length(name) <= longest) return name;
  const tail = tailOf(name);
  return (
    cut(name.slice(0, name.length - tail.length), longest - utf8Length(tail)).replace(TRAILING_BLANKS_AND_DOTS, '') +
    tail
  );
}

function tailOf(name: string): string {
  const tail = FRAME_AND_EXTENSION.exec(name)?.[0] ?? '';
  // `.exr` alone is a name, and no extension.
  return tail.length < name.length ? tail : '';
}

/** Whole characters only. */
function cut(text: string, bytes: number): string {
  let length = 0;
  let left = bytes;
  for (const character of text) {
    left -= utf8Length(character);
    if (left < 0) break;
    length += character.length;
  }
  return text.slice(0, length);
}

/** Names that some file system treats as equal map to the same text. HFS+ ignores invisible characters. */
export function foldedName(name: string): string {
  const visible = name.replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return visible.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}

import { NearplayError } from './errors.ts';

/** S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8, with the prefix. */
export const MAX_KEY_BYTES = 1024;

/** The folder of a key, '' at the top, with a closing slash otherwise. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** The last part of a key or folder, without slashes. */
export function nameOfKey(key: string): string {
  const bare = key.endsWith('/') ? key.slice(0, -1) : key;
  return bare.slice(bare.lastIndexOf('/') + 1);
}

/** A folder as the keys below it begin: with its closing slash, '' at the top. */
export function asFolder(folder: string): string {
  return folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
}

/** What is wrong with one part of a key between two slashes, as the end of a sentence; undefined: nothing is. */
export function faultOfName(name: string): string | undefined {
  if (name === '..') return 'goes up with ".."';
  if (name.includes('\\')) return 'has a backslash; folders are parted by "/"';
  return faultOfText(name);
}

/** As faultOfName, of a name that is no part of a key: whatever can be read and is one line. */
export function faultOfText(name: string): string | undefined {
  const control = CONTROL.exec(name)?.[0];
  if (control !== undefined) return `has a control character (${codePointName(control)})`;
  if (!name.isWellFormed()) return 'has half of a character (an unpaired surrogate)';
  if (name !== '' && INVISIBLE.test(name)) return 'has a name of blanks only';
  if (name.trim() !== name) return 'has a blank at the beginning or end of a name';
  return undefined;
}

/** C0, DEL and C1 (Unicode Standard, 23.1). */
const CONTROL = /\p{Cc}/u;
/** White space, and what is drawn as nothing, such as U+200B (UAX #44). */
const INVISIBLE = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}]*$/u;

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The folder that a person means by what they typed, with its closing slash, '' for the top: `/a`, `./a`, `a//b` and `a/` are
 * brought into form.
 *
 * @param prefix of the storage; it counts for the length.
 * @throws NearplayError bad-request for "..", backslashes, control characters, blanks at the edge of a name, half characters,
 *   and for what leaves no byte for the name of a file.
 */
export function typedFolder(text: string, prefix = ''): string {
  const folder = formOf(text)
    .map((name) => `${name}/`)
    .join('');
  refuseTooLong(text, `${asFolder(prefix)}${folder}x`);
  return folder;
}

/**
 * The key that a person means by what they typed, in the form of typedFolder and without a closing slash.
 *
 * @throws NearplayError bad-request as typedFolder, and for what names nothing.
 */
export function typedKey(text: string, prefix = ''): string {
  const key = formOf(text).join('/');
  if (key === '') throw new NearplayError('bad-request', `"${text}" names no file. Write FOLDER/NAME.`);
  refuseTooLong(text, asFolder(prefix) + key);
  return key;
}

/**
 * A folder that is on screen, to write into: what typedFolder would change is refused, since the files would go elsewhere than
 * the screen says.
 *
 * @throws NearplayError bad-request
 */
export function writableFolder(folder: string, prefix = ''): string {
  const formed = typedFolder(folder, prefix);
  if (formed === asFolder(folder)) return formed;
  throw new NearplayError(
    'bad-request',
    `"${folder}" has a name that is empty or a dot. Nothing is uploaded there; choose another folder.`,
  );
}

/** Whether a key or folder is in the form that typedKey and typedFolder give. */
export function isInForm(text: string): boolean {
  const names = (text.endsWith('/') ? text.slice(0, -1) : text).split('/');
  return text === '' || names.every((name) => !isNoName(name) && faultOfName(name) === undefined);
}

/** Whether a browser asks for another path than the one of this key (WHATWG URL, "single-dot" and "double-dot" segments). */
export function hasDotSegment(key: string): boolean {
  return key.split('/').some((name) => name === '.' || name === '..');
}

/** Nearplay's own folder at the top, with the studio's preferences; never media. */
const OWN_NAME = '.nearplay';

function formOf(text: string): string[] {
  const names = text.split('/').filter((name) => !isNoName(name));
  refuseOwnFolder(names);
  for (const name of names) {
    const fault = faultOfName(name);
    if (fault === undefined) continue;
    const advice = 'Write it as the library shows it, such as sq010/sh020.';
    throw new NearplayError('bad-request', `"${shortened(text)}" ${fault}. ${advice}`);
  }
  return names;
}

/** @throws NearplayError bad-request for a key in Nearplay's own folder */
export function assertNotOwn(key: string): void {
  refuseOwnFolder(key.split('/'));
}

function refuseOwnFolder([top]: readonly string[]): void {
  if (top !== OWN_NAME) return;
  throw new NearplayError(
    'bad-request',
    `"${OWN_NAME}" is Nearplay's own folder, with the preferences of the studio. It has no media; choose another one.`,
  );
}

function isNoName(name: string): boolean {
  return name === '' || name === '.';
}

function refuseTooLong(text: string, whole: string): void {
  if (utf8Length(whole) <= MAX_KEY_BYTES) return;
  throw new NearplayError(
    'bad-request',
    `"${shortened(text)}" is too long: with the prefix, names in a bucket have ${MAX_KEY_BYTES} bytes at most. Shorten it.`,
  );
}

/** For a sentence. */
function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Bytes of UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

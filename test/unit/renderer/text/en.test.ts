import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { en } from '../../../../renderer/text/en.ts';

const root = join(import.meta.dirname, '../../../..');
const PLURAL = /_(?:zero|one|two|few|many|other)$/;

const sourcesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && join(folder, file) !== join('renderer', 'text', 'en.ts'))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'));

/** Keys as `t` takes them: with dots, and without the ending of a plural form. */
function keysOf(texts: object, before = ''): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) =>
    typeof text === 'object' && text !== null
      ? keysOf(text, `${before}${name}.`)
      : [`${before}${name}`.replace(PLURAL, '')],
  );
}

const WINDOW = sourcesOf('renderer');
const quotedIn = (texts: readonly string[]) =>
  new Set(texts.flatMap((text) => [...text.matchAll(/['"]([\w.-]+)['"]/g)].flatMap(([, words]) => words ?? [])));
/** The words in quotes of the window, and those of the rules that give it names: states, codes, reasons. */
const quoted = quotedIn([...WINDOW, ...sourcesOf('shared')]);
const quotedInWindow = quotedIn(WINDOW);

/** Keys that are put together, as `settings.theme.${name}`. */
const composed = WINDOW.flatMap((text) => [...text.matchAll(/`([a-z][\w-]*\.[^`\n]*\$\{[^`\n]*)`/gi)])
  .flatMap(([, template]) => template ?? [])
  .map((template) => template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', String.raw`\.`)))
  .map((parts) => new RegExp(`^${parts.join('([^.]+)')}$`));

/** Whether the source has the whole key in quotes, or a template of it and each of its pieces in quotes. */
function isUsed(key: string): boolean {
  if (quotedInWindow.has(key)) return true;
  return composed.some((template) => {
    const pieces = template.exec(key)?.slice(1);
    return pieces?.every((piece) => quoted.has(piece)) ?? false;
  });
}

it('every text is used somewhere in the window', () => {
  const keys = keysOf(en);
  expect(keys.length).toBeGreaterThan(300);
  expect(keys.filter((key) => !isUsed(key))).toEqual([]);
});

it.each(['library.neverUsed', 'reading.neverUsed', 'settings.theme.neverUsed', 'toasts.failed.neverUsed'])(
  'would notice %s',
  (key) => expect(isUsed(key)).toBe(false),
);

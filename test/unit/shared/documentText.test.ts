import { expect, it } from 'vitest';
import { decodeText } from '../../../shared/documentText.ts';
import { parsePreferencesBytes } from '../../../shared/preferences.ts';

const TEXT = '{ "prefix": "média/ὕ/🎬" }\n';
const bytes = (...parts: (readonly number[] | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const little = Buffer.from(TEXT, 'utf16le');
const big = Buffer.from(little).swap16();

it.each([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with its mark', bytes([0xef, 0xbb, 0xbf], Buffer.from(TEXT))],
  ['UTF-16 as PowerShell writes it', bytes([0xff, 0xfe], little)],
  ['UTF-16 with the high byte first', bytes([0xfe, 0xff], big)],
  ['UTF-16 longer than one piece', bytes([0xff, 0xfe], Buffer.from(' '.repeat(100_001), 'utf16le'), little)],
])('%s is read', (_name, content) => {
  expect(decodeText(content).text?.trimStart()).toBe(TEXT);
});

it.each([
  ['Windows-1252', Buffer.from('{\n"prefix": "média"\n}', 'latin1'), 'Line 2 is not UTF-8'],
  ['Windows-1252 in the last line', Buffer.from('{}\n//é', 'latin1'), 'Line 2 is not UTF-8'],
  ['UTF-16 without its mark', little, 'UTF-8'],
  ['plain letters as UTF-16 without its mark', Buffer.from('{}', 'utf16le'), 'UTF-16 without its mark'],
  ['UTF-16 cut within a character', bytes([0xff, 0xfe], little.subarray(0, 5)), 'ends within a character'],
  ['half of a pair', bytes([0xff, 0xfe], Buffer.from('a\ud83c', 'utf16le')), 'not valid UTF-16'],
  ['UTF-32', bytes([0xff, 0xfe, 0, 0], [0x7b, 0, 0, 0]), 'UTF-32'],
  ['a surrogate in UTF-8 (CESU-8)', bytes([0xed, 0xa0, 0x80]), 'not UTF-8'],
  ['an overlong form', bytes([0xc0, 0xaf]), 'not UTF-8'],
  ['a compressed file', bytes([0x1f, 0x8b, 8, 0]), 'compressed'],
])('%s is refused by name, and never guessed', (_name, content, words) => {
  const { text, fault } = decodeText(content);
  expect(text).toBeUndefined();
  expect(fault).toContain(words);
  expect(parsePreferencesBytes(content)).toMatchObject({ findings: [{ severity: 'error', message: fault }] });
});

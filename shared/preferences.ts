import type { z } from 'zod';
import { decodeText, MAX_DOCUMENT_BYTES } from './documentText.ts';
import { readJson } from './jsonDocument.ts';
import { utf8Length } from './keys.ts';
import { ONCE } from './parseOnce.ts';
import { type LintFinding, lintPreferences } from './preferencesLint.ts';
import {
  type Finding,
  type IsolationPreferences,
  type Path,
  preferencesSchema,
  storageSchema,
} from './preferencesSchema.ts';
import { findingsOfTrust } from './preferencesTrust.ts';

export { preferencesSchema, storageOf } from './preferencesSchema.ts';
export type { Finding, IsolationPreferences, Look, Path, Replica, StorageConfiguration } from './preferencesSchema.ts';

export interface ParsedPreferences {
  /** Absent when there is any finding of severity `error`. */
  document?: IsolationPreferences;
  findings: Finding[];
}

export interface ParseOptions {
  /** The machine's own file: a document that leads away from it cannot be used (preferencesTrust.ts). */
  pinned?: IsolationPreferences | undefined;
}

/** A list for people: more findings do not help, and 1 MB can hold 100,000. */
export const MAX_FINDINGS = 100;

// Zero-width and directional marks, soft hyphen and byte order mark: what copying from a web page leaves in a text.
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF]/g;

/**
 * Reads an Isolation Preferences document from text (JSON; comments and a trailing comma are tolerated). Never throws, and
 * takes time in proportion to the text, of which there is 1 MB at most: every fault is a finding with its path and line, 100
 * of them at most. Invisible characters are removed, and a finding says so.
 */
export function parsePreferences(source: string, options: ParseOptions = {}): ParsedPreferences {
  if (isTooLong(source)) return { findings: [wholeFault('The text is larger than 1 MB: no preferences are.')] };
  const { text, findings: stripped } = stripInvisible(source);
  const { document, findings } = readDocument(text, options);
  const all = [...stripped, ...findings];
  return { ...(document && { document }), findings: atMost(all) };
}

/** As parsePreferences, of a file or an object as it is stored. The text is absent where the bytes are none. */
export function parsePreferencesBytes(
  bytes: Uint8Array,
  options: ParseOptions = {},
): ParsedPreferences & { text?: string } {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    return { findings: [wholeFault('The file is larger than 1 MB: no preferences are.')] };
  }
  const { text, fault, line } = { line: undefined, ...decodeText(bytes) };
  if (text === undefined) return { findings: [wholeFault(fault, line)] };
  return { text, ...parsePreferences(text, options) };
}

/** Whether a text is longer than preferences may be. */
export function isTooLong(text: string): boolean {
  return text.length > MAX_DOCUMENT_BYTES || utf8Length(text) > MAX_DOCUMENT_BYTES;
}

/** The text without invisible characters, and a finding where there were any. */
export function stripInvisible(source: string): { text: string; findings: Finding[] } {
  const text = source.replace(INVISIBLE, '');
  const count = source.length - text.length;
  if (count === 0) return { text, findings: [] };
  const message = `${count} invisible character${count === 1 ? ' was' : 's were'} removed (zero-width spaces and the like).`;
  return { text, findings: [{ severity: 'info', path: '', message }] };
}

/** The errors among findings as one sentence each, for a message. */
export function errorsOf(findings: readonly Finding[]): string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

function readDocument(text: string, { pinned }: ParseOptions): ParsedPreferences {
  const json = readJson(text);
  if ('syntax' in json) {
    const { line, message } = json.syntax;
    return { findings: [wholeFault(`The text is not JSON: ${message}.`, line)] };
  }
  const { value } = json;
  const findings: Finding[] = [];
  const add = ({ severity, path, message }: LintFinding) =>
    findings.push({ severity, path: pathText(path), line: json.lineOf(path), message });
  // The values would be a guess: such a document gets no further findings.
  for (const { path, message } of json.faults) add({ severity: 'error', path, message });
  if (findings.length > 0) return { findings };
  if (looksLikeBareConfiguration(value)) {
    const message = 'This is a bare S3 Configuration: choose which of its storages is the main storage.';
    add({ severity: 'error', path: [], message });
    return { findings };
  }
  const parsed = preferencesSchema.safeParse(value, ONCE);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) for (const finding of findingsOf(issue)) add(finding);
    return { findings };
  }
  const document = parsed.data;
  if (pinned) for (const finding of findingsOfTrust(document, pinned)) add(finding);
  for (const finding of lintPreferences(document)) add(finding);
  const usable = findings.every(({ severity }) => severity !== 'error');
  return usable ? { document, findings } : { findings };
}

function looksLikeBareConfiguration(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 's3Configuration' in value) return false;
  const storages: unknown[] = Object.values(value);
  return storages.length > 0 && storages.every((storage) => storageSchema.loose().safeParse(storage, ONCE).success);
}

function* findingsOf(issue: z.core.$ZodIssue): Generator<LintFinding> {
  const path: Path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const message = 'This key is not known; check its spelling.';
    for (const name of issue.keys) yield { severity: 'error', path: [...path, name], message };
  } else yield { severity: 'error', path, message: issue.message };
}

/** Errors come before warnings, so that none is cut off. */
function atMost(findings: readonly Finding[]): Finding[] {
  if (findings.length <= MAX_FINDINGS) return [...findings];
  const errors = findings.filter(({ severity }) => severity === 'error');
  const others = findings.filter(({ severity }) => severity !== 'error');
  const shown = [...errors, ...others].slice(0, MAX_FINDINGS - 1);
  const severity = errors.length >= MAX_FINDINGS ? 'error' : 'warning';
  const message = `And ${findings.length - shown.length} more findings.`;
  return [...shown, { severity, path: '', message }];
}

/** Unknown names may be as long as the document. */
function pathText(path: Path): string {
  return path.map((part) => (typeof part === 'string' && part.length > 80 ? `${part.slice(0, 80)}…` : part)).join('.');
}

function wholeFault(message: string, line = 1): Finding {
  return { severity: 'error', path: '', line, message };
}

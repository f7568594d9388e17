import { findNodeAtLocation, parse as parseJsonc, parseTree, printParseErrorCode, type ParseError } from 'jsonc-parser';
import type { z } from 'zod';
import { lintPreferences } from './preferencesLint.ts';
import {
  preferencesSchema,
  storageSchema,
  type Finding,
  type IsolationPreferences,
  type Path,
} from './preferencesSchema.ts';

export { preferencesSchema, storageSchema } from './preferencesSchema.ts';
export type { Finding, IsolationPreferences, Path, Replica, StorageConfiguration } from './preferencesSchema.ts';

export interface ParsedPreferences {
  /** Absent when there is any finding of severity `error`. */
  document?: IsolationPreferences;
  findings: Finding[];
}

// Zero-width and directional marks, soft hyphen and byte order mark: what copying from a web page leaves in a text.
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF]/g;

/**
 * Reads an Isolation Preferences document from text (JSON; comments and a trailing comma are tolerated). Never throws:
 * every fault is a finding with its path and line. Invisible characters are removed, and a finding says so.
 */
export function parsePreferences(source: string): ParsedPreferences {
  const { text, findings } = stripInvisible(source);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !tree) {
    const offset = first?.offset ?? 0;
    const what = first ? printParseErrorCode(first.error) : 'it is empty';
    return { findings: [...findings, fault('', `The text is not JSON: ${what}`, lineAt(text, offset))] };
  }
  const lineOf = (path: Path): number | undefined => {
    for (let length = path.length; length >= 0; length--) {
      const node = findNodeAtLocation(tree, path.slice(0, length));
      if (node) return lineAt(text, (node.parent?.type === 'property' ? node.parent : node).offset);
    }
    return undefined;
  };
  const value: unknown = toValue(text);
  const at = (severity: Finding['severity'], path: Path, message: string): Finding => {
    const line = lineOf(path);
    return { severity, path: path.join('.'), ...(line !== undefined && { line }), message };
  };
  if (looksLikeBareConfiguration(value)) {
    findings.push(
      at('error', [], 'This is a bare S3 Configuration: choose which of its storages is the main storage.'),
    );
    return { findings };
  }
  const parsed = preferencesSchema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
      const deeper = issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...path, name]) : [path];
      for (const place of deeper) findings.push(at('error', place, messageOf(issue)));
    }
    return { findings };
  }
  findings.push(...lintPreferences(parsed.data).map(({ severity, path, message }) => at(severity, path, message)));
  const usable = findings.every(({ severity }) => severity !== 'error');
  return usable ? { document: parsed.data, findings } : { findings };
}

/** The text without invisible characters, and a finding where there were any. */
export function stripInvisible(source: string): { text: string; findings: Finding[] } {
  const count = source.match(INVISIBLE)?.length ?? 0;
  if (count === 0) return { text: source, findings: [] };
  const message = `${count} invisible character${count === 1 ? ' was' : 's were'} removed (zero-width spaces and the like).`;
  return { text: source.replace(INVISIBLE, ''), findings: [{ severity: 'info', path: '', message }] };
}

function looksLikeBareConfiguration(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 's3Configuration' in value) return false;
  const storages: unknown[] = Object.values(value);
  return storages.length > 0 && storages.every((storage) => storageSchema.loose().safeParse(storage).success);
}

function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? 'This key is not known; check its spelling.' : issue.message;
}

function fault(path: string, message: string, line: number): Finding {
  return { severity: 'error', path, line, message };
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function toValue(text: string): unknown {
  return parseJsonc(text, [], { allowTrailingComma: true });
}

import { findNodeAtLocation, parse as parseJsonc, parseTree, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { z } from 'zod';
import { parseRange, rangeCovers, type IpRange } from './ipRanges.ts';

const MAX_DELAY_SECONDS = 7 * 24 * 3600;

const httpUrl = z.url({ protocol: /^https?$/ });

/** One bucket that media can be read from. Field names as studios already have them. */
export const storageSchema = z.strictObject({
  region: z.string().regex(/^[a-z]{2,}(-[a-z0-9]+)+$/, 'is not an AWS region such as us-east-1'),
  // S3 User Guide, "General purpose bucket naming rules".
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not a valid bucket name'),
  prefix: z
    .string()
    .default('')
    .transform((prefix) => prefix.replace(/^\/+|\/+$/g, '')),
  aws_role_arn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'is not the ARN of an IAM role')
    .optional(),
  s3_interface_vpc_endpoint_dns_name: z.string().min(1).optional(),
  endpoint: httpUrl.optional(),
  forcePathStyle: z.boolean().optional(),
});
export type StorageConfiguration = z.infer<typeof storageSchema>;

export const replicaSchema = z.strictObject({
  storage: z.string().min(1),
  label: z.string().min(1).max(60).optional(),
  ipRanges: z.array(z.string()).default([]),
});
export type Replica = z.infer<typeof replicaSchema>;

export const preferencesSchema = z.strictObject({
  version: z.literal(1),
  s3Configuration: z.record(z.string().min(1).max(60), storageSchema),
  mainStorage: z.string().min(1),
  replication: z
    .strictObject({
      delaySeconds: z.number().int().min(0).max(MAX_DELAY_SECONDS).default(60),
      replicas: z.array(replicaSchema).default([]),
    })
    .prefault({}),
  defaults: z.strictObject({ readFrom: z.string().min(1).default('auto') }).prefault({}),
  publicIp: z.strictObject({ services: z.array(httpUrl).default(['https://checkip.amazonaws.com']) }).prefault({}),
});

/** The studio-wide document, normalised: defaults filled in, prefixes without slashes at their ends. */
export type IsolationPreferences = z.infer<typeof preferencesSchema>;

export interface Finding {
  severity: 'error' | 'warning' | 'info';
  /** Dotted path into the document, '' for the whole of it. */
  path: string;
  /** 1-based; absent where the text has no such place. */
  line?: number;
  message: string;
}

export interface ParsedPreferences {
  /** Absent when there is any finding of severity `error`. */
  document?: IsolationPreferences;
  findings: Finding[];
}

type Path = (string | number)[];

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

function stripInvisible(source: string): { text: string; findings: Finding[] } {
  const count = source.match(INVISIBLE)?.length ?? 0;
  if (count === 0) return { text: source, findings: [] };
  const message = `${count} invisible character${count === 1 ? ' was' : 's were'} removed (zero-width spaces and the like).`;
  return { text: source.replace(INVISIBLE, ''), findings: [{ severity: 'info', path: '', message }] };
}

interface LintFinding {
  severity: Finding['severity'];
  path: Path;
  message: string;
}

/** What a schema cannot see: references that lead nowhere, and ranges that are wrong or surprising. */
function lintPreferences(document: IsolationPreferences): LintFinding[] {
  return [...lintReferences(document), ...lintRanges(document)];
}

function lintReferences(document: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const names = Object.keys(document.s3Configuration);
  const known = (name: string) => names.includes(name);
  const error = (path: Path, message: string) => findings.push({ severity: 'error', path, message });
  const list = names.map((name) => `"${name}"`).join(', ') || 'none';
  for (const reserved of ['auto', 'main']) {
    if (known(reserved))
      error(['s3Configuration', reserved], `"${reserved}" is reserved: give the storage another name`);
  }
  if (!known(document.mainStorage)) {
    error(['mainStorage'], `"${document.mainStorage}" is no storage of s3Configuration (there are: ${list})`);
  }
  const { replicas } = document.replication;
  for (const [index, { storage }] of replicas.entries()) {
    const path: Path = ['replication', 'replicas', index, 'storage'];
    if (!known(storage)) error(path, `"${storage}" is no storage of s3Configuration (there are: ${list})`);
    if (storage === document.mainStorage) error(path, `"${storage}" is the main storage: it cannot be its own replica`);
    if (replicas.findIndex((other) => other.storage === storage) < index) error(path, `"${storage}" is listed twice`);
  }
  const { readFrom } = document.defaults;
  if (!['auto', 'main', ...replicas.map(({ storage }) => storage)].includes(readFrom)) {
    error(['defaults', 'readFrom'], `"${readFrom}" is neither auto, main nor the storage of a replica`);
  }
  return findings;
}

function lintRanges(document: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const seen: { range: IpRange; replica: string }[] = [];
  for (const [index, replica] of document.replication.replicas.entries()) {
    for (const [line, text] of replica.ipRanges.entries()) {
      const path: Path = ['replication', 'replicas', index, 'ipRanges', line];
      const range = parseRange(text);
      if (typeof range === 'string') {
        findings.push({ severity: 'error', path, message: range });
        continue;
      }
      const warn = (message: string) => findings.push({ severity: 'warning', path, message });
      if (range.hasHostBits) warn(`"${text}" has host bits set: the whole network around it is meant`);
      if (range.prefixLength === 0) warn(`"${text}" covers every address`);
      for (const earlier of seen) {
        const same = rangeCovers(earlier.range, range) && rangeCovers(range, earlier.range);
        if (same) warn(`"${text}" is already listed for "${earlier.replica}"`);
        else if (rangeCovers(earlier.range, range) || rangeCovers(range, earlier.range)) {
          warn(`"${text}" overlaps "${earlier.range.text}" of "${earlier.replica}": the more specific range wins`);
        }
      }
      seen.push({ range, replica: replica.storage });
    }
  }
  return findings;
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

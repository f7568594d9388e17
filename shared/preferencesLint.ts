import { parseRange, rangeCovers, type IpRange } from './ipRanges.ts';
import type { Finding, IsolationPreferences, Path } from './preferencesSchema.ts';

/** A finding before it is placed in a text. */
export interface LintFinding {
  severity: Finding['severity'];
  path: Path;
  message: string;
}

/** What a schema cannot see: references that lead nowhere, and what is wrong or surprising though it is well formed. */
export function lintPreferences(document: IsolationPreferences): LintFinding[] {
  return [...lintReferences(document), ...lintStorages(document), ...lintRanges(document), ...lintServices(document)];
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

/** What would keep replication, or reading from a replica, from working as meant. */
function lintStorages(document: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const warn = (path: Path, message: string) => findings.push({ severity: 'warning', path, message });
  const main = document.s3Configuration[document.mainStorage];
  for (const [index, { storage, ipRanges }] of document.replication.replicas.entries()) {
    const path: Path = ['replication', 'replicas', index];
    const configuration = document.s3Configuration[storage];
    if (ipRanges.length === 0) {
      const message = `"${storage}" has no IP ranges: it is only read from when somebody picks it by hand`;
      findings.push({ severity: 'info', path, message });
    }
    if (!main || !configuration || storage === document.mainStorage) continue;
    if (configuration.bucket === main.bucket && configuration.endpoint === main.endpoint) {
      warn(['s3Configuration', storage, 'bucket'], `"${storage}" is the same bucket as the main storage`);
    } else if (configuration.prefix !== main.prefix) {
      const message = `the prefix differs from the main storage's: S3 replication keeps keys as they are`;
      warn(['s3Configuration', storage, 'prefix'], message);
    }
  }
  for (const [name, { endpoint }] of Object.entries(document.s3Configuration)) {
    if (endpoint !== undefined && isPlainHttp(endpoint)) {
      warn(['s3Configuration', name, 'endpoint'], `"${endpoint}" is not encrypted: use https`);
    }
  }
  return findings;
}

function lintServices({ publicIp }: IsolationPreferences): LintFinding[] {
  return publicIp.services.flatMap((service, index): LintFinding[] => {
    if (!isPlainHttp(service)) return [];
    const message = `"${service}" is not encrypted: anybody on the way can choose the region`;
    return [{ severity: 'warning', path: ['publicIp', 'services', index], message }];
  });
}

function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url) && !/^http:\/\/(localhost|127\.|\[::1\])/i.test(url);
}

// RFC 1918, RFC 6598 (carrier-grade NAT) and RFC 4193: never seen by a public echo service.
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']
  .map(parseRange)
  .filter((range) => typeof range !== 'string');

interface SeenRange {
  range: IpRange;
  replica: string;
}

function lintRanges(document: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const seen: SeenRange[] = [];
  for (const [index, replica] of document.replication.replicas.entries()) {
    for (const [line, text] of replica.ipRanges.entries()) {
      const path: Path = ['replication', 'replicas', index, 'ipRanges', line];
      const range = parseRange(text);
      if (typeof range === 'string') {
        findings.push({ severity: 'error', path, message: range });
        continue;
      }
      const current = { range, replica: replica.storage };
      findings.push(...lintRange(current, seen).map((finding) => ({ ...finding, path })));
      seen.push(current);
    }
  }
  return findings;
}

function lintRange(current: SeenRange, seen: readonly SeenRange[]): Omit<LintFinding, 'path'>[] {
  const { range } = current;
  const findings: Omit<LintFinding, 'path'>[] = [];
  const warn = (message: string) => findings.push({ severity: 'warning', message });
  if (range.hasHostBits) warn(`"${range.text}" has host bits set: the whole network around it is meant`);
  if (range.prefixLength === 0) warn(`"${range.text}" covers every address`);
  else if (PRIVATE.some((known) => rangeCovers(known, range))) {
    const message = `"${range.text}" is private: it matches addresses of a computer's own interfaces, never a public one`;
    findings.push({ severity: 'info', message });
  }
  for (const earlier of seen) {
    const message = relation(current, earlier);
    if (message !== undefined) warn(message);
  }
  return findings;
}

/** How two ranges meet, in words; undefined when they have no address in common. */
function relation({ range, replica }: SeenRange, earlier: SeenRange): string | undefined {
  const inside = rangeCovers(earlier.range, range);
  const around = rangeCovers(range, earlier.range);
  if (inside && around) return `"${range.text}" is already listed for "${earlier.replica}"`;
  if (!inside && !around) return undefined;
  if (replica !== earlier.replica) {
    return `"${range.text}" overlaps "${earlier.range.text}" of "${earlier.replica}": the more specific range wins`;
  }
  const [inner, outer] = inside ? [range, earlier.range] : [earlier.range, range];
  return `"${inner.text}" lies inside "${outer.text}" of the same replica: one of them is enough`;
}

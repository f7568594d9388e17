import { type IpRange, parseRange, rangeCovers } from './ipRanges.ts';
import { quoted } from './jsonDocument.ts';
import { asFolder, MAX_KEY_BYTES, utf8Length } from './keys.ts';
import {
  type Finding,
  type IsolationPreferences,
  MAX_RANGES,
  type Path,
  type StorageConfiguration,
  storageOf,
} from './preferencesSchema.ts';
import { endpointOf } from './storagePlace.ts';
import { isLinkLocal, isProtected, parseWebUrl } from './webUrl.ts';

/** A finding before it is placed in a text. */
export interface LintFinding {
  severity: Finding['severity'];
  path: Path;
  message: string;
}

/** Names that are listed in a sentence. */
const MAX_LISTED_NAMES = 10;
/** After so many the list is something else than ranges. */
const MAX_RANGE_FAULTS = 90;
/** Format of AWS regions; other providers use their own. */
const AWS_REGION = /^[a-z]{2,}(-[a-z0-9]+)+$/;
/** S3 User Guide, "General purpose bucket naming rules". */
const BUCKET = /^(?!.*\.\.)(?!\d+(?:\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const OLD_BUCKET = /^[A-Za-z0-9._-]{3,255}$/;
/** Where buckets with upper case, underscores and up to 255 characters were made until 2018. */
const OLD_BUCKETS = 'us-east-1';

/**
 * Finds what a schema cannot: dangling references, and values that are wrong or surprising although well formed. Takes
 * time in proportion to the document, apart from sorting its ranges.
 */
export function lintPreferences(document: IsolationPreferences): LintFinding[] {
  return [
    ...lintReferences(document),
    ...lintNames(document),
    ...lintStorages(document),
    ...lintRanges(document),
    ...lintServices(document),
    ...lintLooks(document),
  ];
}

function lintReferences(document: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const names = Object.keys(document.s3Configuration);
  const known = (name: string) => storageOf(document, name) !== undefined;
  const error = (path: Path, message: string) => findings.push({ severity: 'error', path, message });
  const list = listed(names);
  for (const reserved of ['auto', 'main']) {
    if (known(reserved))
      error(['s3Configuration', reserved], `"${reserved}" is reserved: give the storage another name`);
  }
  if (!known(document.mainStorage)) {
    error(['mainStorage'], `"${document.mainStorage}" is no storage of s3Configuration (there are: ${list})`);
  }
  const { replicas } = document.replication;
  const seen = new Set<string>();
  for (const [index, { storage }] of replicas.entries()) {
    const path: Path = ['replication', 'replicas', index, 'storage'];
    if (!known(storage)) error(path, `"${storage}" is no storage of s3Configuration (there are: ${list})`);
    if (storage === document.mainStorage) error(path, `"${storage}" is the main storage: it cannot be its own replica`);
    if (seen.has(storage)) error(path, `"${storage}" is listed twice`);
    seen.add(storage);
  }
  const { readFrom } = document.defaults;
  if (!['auto', 'main', ...replicas.map(({ storage }) => storage)].includes(readFrom)) {
    error(['defaults', 'readFrom'], `"${readFrom}" is neither auto, main nor the storage of a replica`);
  }
  return findings;
}

/** Regions and buckets: Amazon's rules where Amazon is asked, wider ones where the storage has an endpoint of its own. */
function lintNames({ s3Configuration }: IsolationPreferences): LintFinding[] {
  return Object.entries(s3Configuration).flatMap(([name, storage]) =>
    [...lintRegion(storage), ...lintBucket(storage), ...lintEndpoints(storage)].map((finding) => ({
      ...finding,
      path: ['s3Configuration', name, ...finding.path],
    })),
  );
}

function lintRegion(storage: StorageConfiguration): LintFinding[] {
  if (isElsewhere(storage) || AWS_REGION.test(storage.region)) return [];
  const message = `${quoted(storage.region)} is not an AWS region such as us-east-1; another maker's storage needs its endpoint`;
  return [{ severity: 'error', path: ['region'], message }];
}

function lintBucket(storage: StorageConfiguration): LintFinding[] {
  const { bucket, region } = storage;
  if (BUCKET.test(bucket)) return [];
  const path = ['bucket'];
  if (!isElsewhere(storage) && (region !== OLD_BUCKETS || !OLD_BUCKET.test(bucket))) {
    return [{ severity: 'error', path, message: `${quoted(bucket)} is not a valid bucket name in ${region}` }];
  }
  const kind = isElsewhere(storage) ? 'no bucket name by the rules of Amazon' : 'a bucket name of before 2018';
  const message = `${quoted(bucket)} is ${kind}: check that it is written as the storage has it`;
  return [{ severity: 'warning', path, message }];
}

function lintEndpoints(storage: StorageConfiguration): LintFinding[] {
  const { endpoint } = storage;
  if (endpoint === undefined) return [];
  const path = ['endpoint'];
  if (storage.s3_interface_vpc_endpoint_dns_name !== undefined) {
    return [{ severity: 'warning', path, message: 'has no effect: the VPC endpoint is used' }];
  }
  const url = parseWebUrl(endpoint);
  if (!url || isProtected(url)) return [];
  return [{ severity: 'warning', path, message: `${quoted(endpoint)} is not encrypted: use https` }];
}

/** Whether the storage is another provider's, or a gateway. A VPC endpoint is Amazon's. */
function isElsewhere(storage: StorageConfiguration): boolean {
  return storage.endpoint !== undefined && storage.s3_interface_vpc_endpoint_dns_name === undefined;
}

/** Settings that would prevent replication, or reading from a replica. */
function lintStorages(document: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const warn = (path: Path, message: string) => findings.push({ severity: 'warning', path, message });
  const main = storageOf(document, document.mainStorage);
  for (const [index, { storage, ipRanges }] of document.replication.replicas.entries()) {
    const path: Path = ['replication', 'replicas', index];
    const configuration = storageOf(document, storage);
    if (ipRanges.length === 0) {
      const message = `"${storage}" has no IP ranges: it is only read from when somebody picks it by hand`;
      findings.push({ severity: 'info', path, message });
    }
    if (!main || !configuration || storage === document.mainStorage) continue;
    if (configuration.bucket === main.bucket && endpointOf(configuration) === endpointOf(main)) {
      warn(['s3Configuration', storage, 'bucket'], `"${storage}" is the same bucket as the main storage`);
    } else if (configuration.prefix !== main.prefix) {
      const message = `the prefix differs from the main storage's: S3 replication keeps keys as they are`;
      warn(['s3Configuration', storage, 'prefix'], message);
    }
  }
  return findings;
}

function lintServices({ publicIp }: IsolationPreferences): LintFinding[] {
  return publicIp.services.flatMap((service, index): LintFinding[] => {
    const url = parseWebUrl(service);
    const path: Path = ['publicIp', 'services', index];
    if (!url) return [];
    if (isLinkLocal(url)) {
      const message = `${quoted(service)} leads to a link-local address or a cloud's metadata service: it is never asked`;
      return [{ severity: 'error', path, message }];
    }
    if (isProtected(url)) return [];
    const message = `${quoted(service)} is not encrypted, so that anybody on the way could choose the region: use https`;
    return [{ severity: 'error', path, message }];
  });
}

/** Looks are chosen by their names, so that two that read alike would be one for people. */
function lintLooks({ looks, ...document }: IsolationPreferences): LintFinding[] {
  const findings: LintFinding[] = [];
  const prefix = storageOf(document, document.mainStorage)?.prefix ?? '';
  const seen = new Set<string>();
  for (const [index, { name, key }] of looks.entries()) {
    const read = name.normalize('NFC').toLowerCase();
    if (seen.has(read)) {
      const message = `${quoted(name)} is listed twice: give one of the two looks another name`;
      findings.push({ severity: 'error', path: ['looks', index, 'name'], message });
    }
    seen.add(read);
    if (utf8Length(asFolder(prefix) + key) > MAX_KEY_BYTES) {
      const message = `is too long: with the prefix, names in a bucket have ${MAX_KEY_BYTES} bytes at most. Shorten it`;
      findings.push({ severity: 'error', path: ['looks', index, 'key'], message });
    }
  }
  return findings;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const list = names.slice(0, MAX_LISTED_NAMES).map((name) => `"${name}"`);
  const more = names.length - list.length;
  return more > 0 ? `${list.join(', ')} and ${more} more` : list.join(', ');
}

// RFC 1918, RFC 6598 (carrier-grade NAT) and RFC 4193: never seen by a public echo service.
const PRIVATE = rangesOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

/**
 * What no client is seen with: IANA's special-purpose address registries (RFC 6890) without what is private or globally
 * reachable, and IANA's multicast spaces. Blocks for documentation (RFC 5737, RFC 3849) are left out: guides and the sample
 * storage are written with them. The first that covers a range says what it is.
 */
const UNSEEN: readonly (readonly [string, readonly IpRange[]])[] = [
  ['is of this computer itself (loopback)', rangesOf('127.0.0.0/8', '::1/128')],
  ['is link-local', rangesOf('169.254.0.0/16', 'fe80::/10')],
  ['is multicast', rangesOf('224.0.0.0/4', 'ff00::/8')],
  ['holds IPv4 addresses in a form that is not in use any more (write the IPv4 range)', rangesOf('::/96', '2002::/16')],
  [
    'is reserved',
    rangesOf(
      ...['0.0.0.0/8', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4'],
      // All of IPv6 but 2000::/3, where addresses are given out (RFC 4291, 2.4), and what is special in that.
      ...['::/3', '4000::/2', '8000::/1', '2001::/23'],
    ),
  ],
];

function rangesOf(...texts: string[]): IpRange[] {
  return texts.map(parseRange).filter((range) => typeof range !== 'string');
}

interface PlacedRange {
  range: IpRange;
  replica: string;
  path: Path;
  /** In the order of the document. */
  index: number;
}

function lintRanges(document: IsolationPreferences): LintFinding[] {
  const { replicas } = document.replication;
  if (replicas.reduce((count, { ipRanges }) => count + ipRanges.length, 0) > MAX_RANGES) {
    const message = `there are more than ${MAX_RANGES} IP ranges: write larger networks`;
    return [{ severity: 'error', path: ['replication', 'replicas'], message }];
  }
  const faults: LintFinding[] = [];
  const placed: PlacedRange[] = [];
  const fault = (path: Path, message: string) => faults.push({ severity: 'error', path, message });
  for (const [index, replica] of replicas.entries()) {
    for (const [line, text] of replica.ipRanges.entries()) {
      const path: Path = ['replication', 'replicas', index, 'ipRanges', line];
      if (faults.length === MAX_RANGE_FAULTS) {
        fault(path, 'the ranges from here on were not looked at');
        return faults;
      }
      const range = parseRange(text);
      if (typeof range === 'string') fault(path, range);
      else placed.push({ range, replica: replica.storage, path, index: placed.length });
    }
  }
  return [...faults, ...placed.flatMap(lintRange), ...lintNeighbours(placed)];
}

function lintRange({ range, path }: PlacedRange): LintFinding[] {
  const findings: LintFinding[] = [];
  const warn = (message: string) => findings.push({ severity: 'warning', path, message });
  if (range.hasHostBits) warn(`"${range.text}" has host bits set: the whole network around it is meant`);
  if (range.prefixLength === 0) warn(`"${range.text}" covers every address`);
  else if (PRIVATE.some((known) => rangeCovers(known, range))) {
    const message = `"${range.text}" is private: it matches addresses of a computer's own interfaces, never a public one`;
    findings.push({ severity: 'info', path, message });
  } else {
    const unseen = UNSEEN.find(([, ranges]) => ranges.some((known) => rangeCovers(known, range)));
    if (unseen) warn(`no client is seen with an address of "${range.text}": it ${unseen[0]}`);
  }
  return findings;
}

/**
 * What ranges have to do with each other. Two networks lie within each other or apart, so that in the order of their first
 * addresses, the wider one first, each has to be compared with the nearest one around it only.
 */
function lintNeighbours(placed: readonly PlacedRange[]): LintFinding[] {
  const findings: LintFinding[] = [];
  const around: PlacedRange[] = [];
  for (const current of placed.toSorted(byAddress)) {
    let nearest = around.at(-1);
    while (nearest && !rangeCovers(nearest.range, current.range)) {
      around.pop();
      nearest = around.at(-1);
    }
    if (nearest) {
      const { path } = nearest.index > current.index ? nearest : current;
      findings.push({ severity: 'warning', path, message: relation(current, nearest) });
    }
    around.push(current);
  }
  return findings;
}

function byAddress(one: PlacedRange, other: PlacedRange): number {
  if (one.range.family !== other.range.family) return one.range.family < other.range.family ? -1 : 1;
  if (one.range.first !== other.range.first) return one.range.first < other.range.first ? -1 : 1;
  return one.range.prefixLength - other.range.prefixLength || one.index - other.index;
}

/** How a range lies in the one around it, in words. */
function relation(inner: PlacedRange, outer: PlacedRange): string {
  const [range, around] = [inner.range.text, outer.range.text];
  if (inner.range.prefixLength === outer.range.prefixLength)
    return `"${range}" is already listed for "${outer.replica}"`;
  if (inner.replica !== outer.replica) {
    return `"${range}" of "${inner.replica}" overlaps "${around}" of "${outer.replica}": the more specific range wins`;
  }
  return `"${range}" lies inside "${around}" of the same replica: one of them is enough`;
}

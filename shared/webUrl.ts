import { parseAddress, parseRange, rangeContains } from './ipRanges.ts';

/** The parts of an http or https address that decide where a request goes. */
export interface WebUrl {
  protocol: 'http:' | 'https:';
  /** Lower case, punycode; IPv4 in four decimal parts, IPv6 in brackets. */
  hostname: string;
  /** Host with its port, where that is not the protocol's own. */
  host: string;
  /** Protocol and host. */
  origin: string;
  /** Begins with a slash. */
  pathname: string;
  /** Whether it has a name or a password, a query or a fragment. */
  hasExtras: boolean;
}

// The URL Standard, which Node, browsers and Electron have alike; no library of TypeScript that is free of the DOM names it.
interface StandardUrl extends Omit<WebUrl, 'protocol' | 'hasExtras'> {
  protocol: string;
  username: string;
  password: string;
  search: string;
  hash: string;
}
declare const URL: { canParse(text: string): boolean; new (text: string): StandardUrl };

/** undefined where the text is no http or https address. */
export function parseWebUrl(text: string): WebUrl | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, host, origin, pathname, username, password, search, hash } = new URL(text);
  if ((protocol !== 'http:' && protocol !== 'https:') || hostname === '') return undefined;
  const hasExtras = [username, password, search, hash].some((part) => part !== '');
  return { protocol, hostname, host, origin, pathname, hasExtras };
}

const LOOPBACK = rangesOf(['127.0.0.0/8', '::1']);
// RFC 3927, RFC 4291 2.5.6, and the metadata services of clouds that are not link-local (AWS over IPv6, Alibaba, Oracle, Azure).
// Then 169.254.0.0/16 within IPv6: translated (RFC 6052), 6to4 (RFC 3056), compatible (RFC 4291 2.5.5.1).
const LINK_LOCAL = rangesOf([
  ...['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ...['64:ff9b::a9fe:0/112', '2002:a9fe::/32', '::a9fe:0/112'],
]);
const METADATA_NAMES =
  /^(metadata|instance-data|metadata\.google\.internal|metadata\.goog|instance-data\.ec2\.internal)\.?$/;

/** Whether the address is one of this very machine, so that nothing of it leaves the machine. */
function isLoopback({ hostname }: Pick<WebUrl, 'hostname'>): boolean {
  return hostname === 'localhost' || isWithin(hostname, LOOPBACK);
}

/** Whether the address is a neighbour without a network, or a cloud's own metadata service, which holds credentials. */
export function isLinkLocal({ hostname }: Pick<WebUrl, 'hostname'>): boolean {
  return METADATA_NAMES.test(hostname) || isWithin(hostname, LINK_LOCAL);
}

/** Encrypted on the way, or not leaving this machine. */
export function isProtected(url: WebUrl): boolean {
  return url.protocol === 'https:' || isLoopback(url);
}

function rangesOf(texts: readonly string[]) {
  return texts.map(parseRange).filter((range) => typeof range !== 'string');
}

function isWithin(hostname: string, ranges: ReturnType<typeof rangesOf>): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  return parseAddress(address) !== undefined && ranges.some((range) => rangeContains(range, address));
}

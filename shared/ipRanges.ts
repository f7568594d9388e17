import { Address4, Address6 } from 'ip-address';

/** One line of an `ipRanges` list, ready to be matched. IPv4 and IPv4-mapped IPv6 are one family: `v4`. */
export interface IpRange {
  text: string;
  family: 'v4' | 'v6';
  prefixLength: number;
  /** First address of the range, as an integer. */
  first: bigint;
  /** Host bits were set (`10.0.0.1/8`): the range is used as the network it lies in. */
  hasHostBits: boolean;
}

export interface IpRangeFault {
  /** 1-based line in the list it came from. */
  line: number;
  text: string;
  message: string;
}

interface ParsedAddress {
  family: 'v4' | 'v6';
  value: bigint;
}

const BITS = { v4: 32, v6: 128 } as const;
const MAPPED_BITS = 96;
/** Longer than every spelling: eight groups with an IPv4 address in them, and a prefix length. */
const MAX_TEXT_CHARACTERS = 64;
const DIGITS = /^(0|[1-9]\d{0,2})$/;

/** Parses one address; IPv4-mapped IPv6 (`::ffff:203.0.113.9`, RFC 4291 2.5.5.2) counts as the IPv4 address in it. */
export function parseAddress(text: string): ParsedAddress | undefined {
  if (text.length > MAX_TEXT_CHARACTERS) return undefined;
  const trimmed = text.trim();
  if (trimmed.includes('/') || trimmed.includes('%')) return undefined;
  try {
    if (!trimmed.includes(':')) return { family: 'v4', value: new Address4(trimmed).bigInt() };
    const address = new Address6(trimmed);
    return address.isMapped4()
      ? { family: 'v4', value: address.to4().bigInt() }
      : { family: 'v6', value: address.bigInt() };
  } catch {
    return undefined;
  }
}

/**
 * Parses a CIDR range or a bare address (a range of one). A mapped range of /96 or longer becomes its IPv4 range.
 * Returns a message that says what is wrong with the text where it is no range.
 */
export function parseRange(text: string): IpRange | string {
  if (text.length > MAX_TEXT_CHARACTERS)
    return `"${text.trim().slice(0, MAX_TEXT_CHARACTERS)}…" is not an IPv4 or IPv6 address or range`;
  const trimmed = text.trim();
  const [host = '', length, ...rest] = trimmed.split('/');
  if (rest.length > 0) return `"${trimmed}" has more than one "/"`;
  const address = parseAddress(host);
  if (!address) return `"${trimmed}" is not an IPv4 or IPv6 address or range`;
  const written = host.includes(':') ? BITS.v6 : BITS.v4;
  if (length !== undefined && (!DIGITS.test(length) || Number(length) > written)) {
    return `"/${length}" is not a prefix length from 0 to ${written}`;
  }
  const wanted = length === undefined ? written : Number(length);
  const mapped = written === BITS.v6 && address.family === 'v4';
  if (mapped && wanted < MAPPED_BITS) return `"${trimmed}" mixes IPv4 and IPv6: write the IPv4 range on its own`;
  const prefixLength = mapped ? wanted - MAPPED_BITS : wanted;
  const hostBits = BigInt(BITS[address.family] - prefixLength);
  const first = (address.value >> hostBits) << hostBits;
  return { text: trimmed, family: address.family, prefixLength, first, hasHostBits: first !== address.value };
}

/** Whether the address lies in the range. Addresses of the other family never do, not even for a range of /0. */
export function rangeContains(range: IpRange, address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed?.family !== range.family) return false;
  const hostBits = BigInt(BITS[range.family] - range.prefixLength);
  return parsed.value >> hostBits === range.first >> hostBits;
}

/** Whether every address of `inner` lies in `outer`. */
export function rangeCovers(outer: IpRange, inner: IpRange): boolean {
  if (outer.family !== inner.family || outer.prefixLength > inner.prefixLength) return false;
  const hostBits = BigInt(BITS[outer.family] - outer.prefixLength);
  return inner.first >> hostBits === outer.first >> hostBits;
}

/** Parses a list, one range per line; blank lines and `#` comments are allowed. Faults carry 1-based line numbers. */
export function parseRangeList(text: string): { ranges: IpRange[]; faults: IpRangeFault[] } {
  const ranges: IpRange[] = [];
  const faults: IpRangeFault[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = (raw.split('#', 1)[0] ?? '').trim();
    if (line === '') continue;
    const range = parseRange(line);
    if (typeof range === 'string') faults.push({ line: index + 1, text: line, message: range });
    else ranges.push(range);
  }
  return { ranges, faults };
}

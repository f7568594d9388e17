import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseRange, parseRangeList, rangeContains } from '../../../shared/ipRanges.ts';

/** In tests of this many each: one of all takes longer than a test may on a busy machine. */
const PAIRS = 10_000;
const SEEDS = Array.from({ length: 12 }, (_, index) => 20_260_102 + index);

/** An independent implementation to agree with: ipaddr.js. */
function containsBy(address: string, range: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(range);
  const given = ipaddr.process(address);
  if (network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96) {
    return given instanceof ipaddr.IPv4 && given.match(network.toIPv4Address(), bits - 96);
  }
  return given.kind() === network.kind() && given.match(network, bits);
}

const v4 = fc.nat({ max: 0xff_ff_ff_ff }).map((n) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.'));
const v6 = fc.array(fc.nat({ max: 0xffff }), { minLength: 8, maxLength: 8 });
const groups = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
const asMapped = (address: string) => `::ffff:${address}`;

/** A range, and an address that shares some of its first bits, so that about half of the pairs match. */
const v4Pair = fc.tuple(v4, v4, fc.nat({ max: 32 }), fc.nat({ max: 32 }), fc.nat({ max: 3 })).map((parts) => {
  const [network, noise, bits, shared, spelling] = parts;
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const mask = shared === 0 ? 0 : (0xff_ff_ff_ff << (32 - shared)) >>> 0;
  const mixed = ((number(network) & mask) | (number(noise) & ~mask)) >>> 0;
  const address = [24, 16, 8, 0].map((shift) => (mixed >>> shift) & 255).join('.');
  return {
    address: spelling & 1 ? asMapped(address) : address,
    range: spelling & 2 ? `${asMapped(network)}/${bits + 96}` : `${network}/${bits}`,
  };
});
const v6Pair = fc.tuple(v6, v6, fc.nat({ max: 128 }), fc.nat({ max: 8 })).map(([network, noise, bits, shared]) => ({
  address: groups([...network.slice(0, shared), ...noise.slice(shared)]),
  range: `${groups(network)}/${bits}`,
}));
const crossed = fc.tuple(v4, v6, fc.nat({ max: 128 })).map(([address, network, bits]) => ({
  address,
  range: `${groups(network)}/${bits}`,
}));

it.each(SEEDS)(`agrees with an independent implementation on ${PAIRS} random pairs of seed %i`, (seed) => {
  const pairs = fc.sample(fc.oneof({ arbitrary: v4Pair, weight: 5 }, { arbitrary: v6Pair, weight: 5 }, crossed), {
    numRuns: PAIRS,
    seed,
  });
  let inside = 0;
  const wrong = pairs.filter(({ address, range }) => {
    const parsed = parseRange(range);
    const ours = typeof parsed !== 'string' && rangeContains(parsed, address);
    if (ours) inside++;
    return ours !== containsBy(address, range);
  });
  expect(wrong).toEqual([]);
  // Both answers must have been well exercised for the agreement to mean anything.
  expect(inside).toBeGreaterThan(PAIRS / 10);
  expect(PAIRS - inside).toBeGreaterThan(PAIRS / 10);
});

describe('malformed ranges', () => {
  it('are refused with the line they stand on', () => {
    const text = ['# offices', '203.0.113.0/24', '', '300.1.1.1', '10.0.0.0/33 # too long', '2001:db8::/129', 'sydney'];
    const { ranges, faults } = parseRangeList(text.join('\n'));
    expect(ranges.map((range) => range.text)).toEqual(['203.0.113.0/24']);
    expect(faults.map(({ line }) => line)).toEqual([4, 5, 6, 7]);
    expect(faults[1]?.message).toContain('0 to 32');
  });

  it.each([
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '010.0.0.1',
    '1.2.3',
    'fe80::1%eth0',
    '::g',
  ])('refuses %j', (text) => expect(parseRange(text)).toBeTypeOf('string'));

  it('refuses a mapped range that would reach beyond IPv4', () => {
    expect(parseRange('::ffff:10.0.0.0/95')).toContain('mixes');
  });
});

it('takes a bare address as a range of one', () => {
  expect(parseRange('203.0.113.7')).toMatchObject({ prefixLength: 32, hasHostBits: false });
  expect(parseRange('2001:db8::7')).toMatchObject({ prefixLength: 128 });
});

it('says when host bits are set', () => {
  expect(parseRange('10.1.2.3/8')).toMatchObject({ hasHostBits: true, first: parseAddress('10.0.0.0')?.value });
});

it('never matches across families, not even for a range that covers everything', () => {
  const everything = parseRange('0.0.0.0/0');
  if (typeof everything === 'string') throw new Error(everything);
  expect(rangeContains(everything, '2001:db8::1')).toBe(false);
  expect(rangeContains(everything, '::ffff:198.51.100.7')).toBe(true);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, lowerBound } from '../../sandbox/keyOrder.ts';

const key = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => text.isWellFormed());
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    expect(compareKeys('\u{1F600}', '\uFF5E')).toBeGreaterThan(0);
    fc.assert(fc.property(key, key, (a, b) => Math.sign(compareKeys(a, b)) === byBytes(a, b)));
  });

  it('finds where a key would stand', () => {
    fc.assert(
      fc.property(fc.array(key), key, (keys, wanted) => {
        const sorted = keys.sort(byBytes);
        const first = sorted.findIndex((candidate) => byBytes(candidate, wanted) >= 0);
        return lowerBound(sorted, wanted) === (first === -1 ? sorted.length : first);
      }),
    );
  });
});

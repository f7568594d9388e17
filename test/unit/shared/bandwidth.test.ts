import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BandwidthRules, limitAt, MIN_BYTES_PER_SECOND } from '../../../shared/bandwidth.ts';

const HOUR = 60;
const DAY = 24 * HOUR;
const noon = 12 * HOUR;
const none: BandwidthRules = { bytesPerSecond: null, hours: [], ceiling: null };

describe('the limit in force', () => {
  const hours = [
    { from: 9 * HOUR, to: 18 * HOUR, bytesPerSecond: 5_000_000 },
    { from: 8 * HOUR, to: 20 * HOUR, bytesPerSecond: 7_000_000 },
    { from: 22 * HOUR, to: 6 * HOUR, bytesPerSecond: null },
  ];
  const rules: BandwidthRules = { bytesPerSecond: 9_000_000, hours, ceiling: null };

  it('is that of the first hours that match', () => {
    expect(limitAt(rules, noon)).toEqual({ bytesPerSecond: 5_000_000, by: 'hours', until: 18 * HOUR });
    expect(limitAt(rules, 9 * HOUR)).toMatchObject({ bytesPerSecond: 5_000_000 });
    expect(limitAt(rules, 9 * HOUR - 1)).toMatchObject({ bytesPerSecond: 7_000_000 });
    expect(limitAt(rules, 18 * HOUR)).toMatchObject({ bytesPerSecond: 7_000_000 });
    expect(limitAt(rules, 21 * HOUR)).toEqual({ bytesPerSecond: 9_000_000, by: 'user' });
  });

  it('may be none over midnight', () => {
    expect(limitAt(rules, 23 * HOUR)).toBeUndefined();
    expect(limitAt(rules, 0)).toBeUndefined();
    expect(limitAt(rules, 5 * HOUR)).toBeUndefined();
    expect(limitAt(rules, 6 * HOUR)).toMatchObject({ by: 'user' });
  });

  it('is never above the studio’s ceiling, and says whose it is', () => {
    const ceiling = 6_000_000;
    expect(limitAt({ ...rules, ceiling }, 23 * HOUR)).toEqual({ bytesPerSecond: 6_000_000, by: 'studio' });
    expect(limitAt({ ...rules, ceiling }, noon)).toMatchObject({ bytesPerSecond: 5_000_000, by: 'hours' });
    expect(limitAt({ ...none, ceiling }, noon)).toMatchObject({ by: 'studio' });
    expect(limitAt(none, noon)).toBeUndefined();
  });

  it('is never so low that a line falls silent', () => {
    expect(limitAt({ ...none, bytesPerSecond: 1 }, noon)).toMatchObject({ bytesPerSecond: MIN_BYTES_PER_SECOND });
  });

  it('hours that end where they begin are the whole day', () => {
    const minute = fc.integer({ min: 0, max: DAY - 1 });
    fc.assert(
      fc.property(minute, minute, (at, now) => {
        const span = { from: at, to: at, bytesPerSecond: 5_000_000 };
        expect(limitAt({ ...none, hours: [span] }, now)).toMatchObject({ by: 'hours' });
      }),
    );
    for (const [from, to] of [
      [0, DAY],
      [DAY, 0],
      [DAY, DAY],
    ] as const) {
      expect(limitAt({ ...none, hours: [{ from, to, bytesPerSecond: 5_000_000 }] }, noon)).toMatchObject({
        by: 'hours',
      });
    }
  });

  it('two spans that share a day hold for each minute of it once', () => {
    const minute = fc.integer({ min: 0, max: DAY - 1 });
    fc.assert(
      fc.property(minute, minute, minute, (one, other, now) => {
        fc.pre(one !== other);
        const holds = (from: number, to: number) =>
          limitAt({ ...none, hours: [{ from, to, bytesPerSecond: 5_000_000 }] }, now) !== undefined;
        expect(holds(one, other)).not.toBe(holds(other, one));
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { clockOf, limitAt, minuteOf, rateOf, rateText } from '../../../../renderer/transfers/bandwidth.ts';

describe('rates', () => {
  it.each([
    ['20', 'MB/s', 20_000_000],
    ['100', 'Mbit/s', 12_500_000],
    ['2,5', 'MB/s', 2_500_000],
    ['0.001', 'MB/s', undefined],
    ['', 'MB/s', undefined],
    ['fast', 'MB/s', undefined],
    ['-3', 'MB/s', undefined],
  ] as const)('%s %s', (typed, unit, rate) => expect(rateOf(typed, unit)).toBe(rate));

  it('are shown as they can be typed', () => {
    expect(rateText(20_000_000, 'MB/s')).toBe('20');
    expect(rateText(12_500_000, 'Mbit/s')).toBe('100');
    expect(rateOf(rateText(1_234_000, 'Mbit/s'), 'Mbit/s')).toBe(1_234_000);
  });
});

it('times of the day go there and back', () => {
  expect(clockOf(0)).toBe('00:00');
  expect(clockOf(24 * 60)).toBe('00:00');
  expect(clockOf(8 * 60 + 30)).toBe('08:30');
  expect(minuteOf('08:30')).toBe(510);
  expect(minuteOf('24:00')).toBeUndefined();
  expect(minuteOf('')).toBeUndefined();
});

describe('the limit in force', () => {
  const noon = 12 * 60;
  const hours = [
    { from: 9 * 60, to: 18 * 60, bytesPerSecond: 5_000_000 },
    { from: 8 * 60, to: 20 * 60, bytesPerSecond: 7_000_000 },
    { from: 22 * 60, to: 6 * 60, bytesPerSecond: null },
  ];
  const bandwidth = { bytesPerSecond: 9_000_000, hours };

  it('is that of the first hours that match', () => {
    expect(limitAt(bandwidth, undefined, noon)).toEqual({ bytesPerSecond: 5_000_000, by: 'hours', until: 18 * 60 });
    expect(limitAt(bandwidth, undefined, 19 * 60)).toMatchObject({ bytesPerSecond: 7_000_000 });
    expect(limitAt(bandwidth, undefined, 18 * 60)).toMatchObject({ bytesPerSecond: 7_000_000 });
    expect(limitAt(bandwidth, undefined, 21 * 60)).toEqual({ bytesPerSecond: 9_000_000, by: 'user' });
  });

  it('may be none over midnight', () => {
    expect(limitAt(bandwidth, undefined, 23 * 60)).toBeUndefined();
    expect(limitAt(bandwidth, undefined, 5 * 60)).toBeUndefined();
    expect(limitAt(bandwidth, undefined, 6 * 60)).toMatchObject({ by: 'user' });
  });

  it('is never above the studio’s ceiling, and says whose it is', () => {
    expect(limitAt(bandwidth, 6_000_000, 23 * 60)).toEqual({ bytesPerSecond: 6_000_000, by: 'studio' });
    expect(limitAt(bandwidth, 6_000_000, noon)).toMatchObject({ bytesPerSecond: 5_000_000, by: 'hours' });
    expect(limitAt({ bytesPerSecond: null, hours: [] }, 6_000_000, noon)).toMatchObject({ by: 'studio' });
    expect(limitAt({ bytesPerSecond: null, hours: [] }, undefined, noon)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { clockOf, minuteOf, rateOf, rateText } from '../../../../renderer/transfers/bandwidth.ts';

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

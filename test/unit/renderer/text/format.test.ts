import { describe, expect, it } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatPosition } from '../../../../renderer/text/format.ts';

const DAY = 86_400_000;

describe('formats', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [43_156_000, '43.2 MB'],
    [999_999, '1 MB'],
    [1_210_510_051, '1.21 GB'],
    [5e15, '5 PB'],
  ])('%i bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0 s'],
    [13.2, '14 s'],
    [60, '1 min'],
    [200, '3 min 20 s'],
    [1500, '25 min'],
    [7500, '2 h 5 min'],
    [400_000, '5 days'],
  ])('%f seconds left', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [0, '0:00'],
    [64.9, '1:04'],
    [3729, '1:02:09'],
    [NaN, '0:00'],
    [Infinity, '0:00'],
  ])('position %f', (seconds, text) => expect(formatPosition(seconds)).toBe(text));

  it('ages, never in the future', () => {
    const now = Date.UTC(2026, 10, 24);
    expect(formatAge(now + 5000, now, 'just now')).toBe('just now');
    // A date to come is shown, since it gives no age.
    expect(formatAge(now + 2 * DAY, now, 'just now')).toMatch(/2026/);
    expect(formatAge(now - 46_000, now, '')).toMatch(/^46 sec/);
    expect(formatAge(now - DAY, now, '')).toBe('yesterday');
    expect(formatAge(now - 60 * DAY, now, '')).toMatch(/2026/);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatPosition } from '../../../../renderer/text/format.ts';
import { splitName } from '../../../../renderer/text/middleTruncate.ts';

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
    expect(formatAge(now - 46_000, now, '')).toMatch(/^46 sec/);
    expect(formatAge(now - DAY, now, '')).toBe('yesterday');
    expect(formatAge(now - 60 * DAY, now, '')).toMatch(/2026/);
  });
});

describe('a name that is cut keeps what tells two takes apart', () => {
  it.each([
    ['sq010_sh010_comp_v002.mp4', 'sq010_sh010_comp', '_v002', '', '.mp4'],
    ['sh0450_comp_v001_final_client_review_rec709.mp4', 'sh0450_comp', '_v001', '_final_client_review_rec709', '.mp4'],
    ['v2_tests_sh010_v013-b.mov', 'v2_tests_sh010', '_v013', '-b', '.mov'],
    ['sq010_sh020_plate.0001.png', 'sq010_sh020_plate', '', '', '.0001.png'],
    ['sq010_sh020_plate_v007.####.png', 'sq010_sh020_plate', '_v007', '', '.####.png'],
    ['beauty_v003.1001.exr', 'beauty', '_v003', '', '.1001.exr'],
    ['V004', '', 'V004', '', ''],
    ['tv2000_advert.mov', 'tv2000_advert', '', '', '.mov'],
    ['temp_score.wav', 'temp_score', '', '', '.wav'],
    ['README', '', '', '', 'README'],
    ['a folder without anything', 'a folder without an', '', '', 'ything'],
  ])('%s', (name, head, version, rest, tail) => {
    expect(splitName(name)).toEqual({ head, version, rest, tail });
  });

  it('and has all its characters, in their order', () => {
    const parts = fc.constantFrom('_v003', 'v1', '.####', '.1001', '.exr', 'sh010', '_', ' ', '動画', 'final');
    fc.assert(
      fc.property(fc.array(parts), (chosen) => {
        const { head, version, rest, tail } = splitName(chosen.join(''));
        expect(head + version + rest + tail).toBe(chosen.join(''));
      }),
    );
  });
});

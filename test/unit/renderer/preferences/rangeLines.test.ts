import { describe, expect, it } from 'vitest';
import { findingsByLine, hasRemarks, linesOf, shownLines } from '../../../../renderer/preferences/rangeLines.ts';
import type { Finding } from '../../../../shared/preferences.ts';

const TYPED = '203.0.113.0/24\n\n# Sydney office\n10.0.0.1/8 # VPN\nnonsense';

const finding = (path: string): Finding => ({ severity: 'warning', path, message: path });

it('reads one entry a line, without blank lines and remarks', () => {
  expect(linesOf(TYPED)).toEqual(['203.0.113.0/24', '10.0.0.1/8', 'nonsense']);
  expect(linesOf('')).toEqual([]);
  expect(hasRemarks(TYPED)).toBe(true);
});

describe('findings', () => {
  it('stand at the line that was typed, not at the place in the list', () => {
    const findings = [0, 1, 2].map((index) => finding(`replication.replicas.1.ipRanges.${index}`));
    expect(findingsByLine(TYPED, findings, 1).map(({ line }) => line)).toEqual([1, 4, 5]);
  });

  it('of other replicas and places are left out', () => {
    const findings = [finding('replication.replicas.10.ipRanges.0'), finding('replication.replicas.1.storage')];
    expect(findingsByLine(TYPED, findings, 1)).toEqual([]);
  });
});

describe('what the field shows', () => {
  it('is what was typed, half a line included', () => {
    expect(shownLines(TYPED, linesOf(TYPED))).toBe(TYPED);
    expect(shownLines('10.0.0.0/8\n', ['10.0.0.0/8'])).toBe('10.0.0.0/8\n');
  });

  it('is the document where that was changed elsewhere', () => {
    expect(shownLines(TYPED, ['192.0.2.0/24'])).toBe('192.0.2.0/24');
  });
});

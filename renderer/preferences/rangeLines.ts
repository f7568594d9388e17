import type { Finding } from '../../shared/preferences.ts';

/** A finding beside the line of the field that it is about. */
export interface LineFinding {
  /** 1-based. */
  line: number;
  severity: Finding['severity'];
  message: string;
}

/** The entries of a field with one a line; blank lines and what follows a `#` are none. */
export function linesOf(typed: string): string[] {
  return lines(typed).flatMap(({ range }) => (range === '' ? [] : [range]));
}

/** True where a field holds remarks, which the document has no place for. */
export function hasRemarks(typed: string): boolean {
  return typed.includes('#');
}

/**
 * The findings about one replica's ranges, by the line of the field they were typed in.
 *
 * @param replica index of the replica in the document.
 */
export function findingsByLine(typed: string, findings: readonly Finding[], replica: number): LineFinding[] {
  const place = `replication.replicas.${replica}.ipRanges.`;
  const lineOf = lines(typed).flatMap(({ range }, index) => (range === '' ? [] : [index + 1]));
  return findings.flatMap(({ path, severity, message }) => {
    if (!path.startsWith(place)) return [];
    const line = lineOf[Number(path.slice(place.length))];
    return line === undefined ? [] : [{ line, severity, message }];
  });
}

/** Content of the field: as typed while that still means the same entries, else those of the document. */
export function shownLines(typed: string, ranges: readonly string[]): string {
  const same = linesOf(typed);
  const isSame = same.length === ranges.length && same.every((range, index) => range === ranges[index]);
  return isSame ? typed : ranges.join('\n');
}

function lines(typed: string): { range: string }[] {
  return typed.split(/\r?\n/).map((line) => ({ range: line.replace(/#.*/, '').trim() }));
}

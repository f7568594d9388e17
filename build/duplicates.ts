/** Lines of a passage, at least: shorter ones are alike by chance. */
const MIN_LINES = 6;

/** Two places with the same lines. */
export interface Duplicate {
  /** Lines of code; blank ones, comments, imports and lone brackets do not count. */
  count: number;
  /** `path:first-last`, 1-based. */
  one: string;
  other: string;
}

interface CodeLine {
  path: string;
  /** 1-based. */
  number: number;
  text: string;
}

/** Passages of six lines and more that stand at two places, to the letter but for white space; the longest first. */
export function duplicatesIn(sources: readonly { path: string; text: string }[]): Duplicate[] {
  const files = sources.map(({ path, text }) => codeLines(path, text));
  const firstPlaces = new Map<string, CodeLine[]>();
  const found: Duplicate[] = [];
  for (const lines of files) {
    for (let start = 0; start + MIN_LINES <= lines.length;) {
      const passage = lines.slice(start, start + MIN_LINES);
      const before = firstPlaces.get(textOf(passage));
      if (before === undefined || overlaps(before.slice(0, MIN_LINES), passage)) {
        if (before === undefined) firstPlaces.set(textOf(passage), lines.slice(start));
        start += 1;
        continue;
      }
      const count = commonLength(before, lines.slice(start));
      found.push({
        count,
        one: lineRange(before.slice(0, count)),
        other: lineRange(lines.slice(start, start + count)),
      });
      start += count;
    }
  }
  return found.sort((one, other) => other.count - one.count);
}

function codeLines(path: string, text: string): CodeLine[] {
  return text
    .split('\n')
    .map((line, index) => ({ path, number: index + 1, text: line.replaceAll(/\s+/g, ' ').trim() }))
    .filter(({ text: line }) => /\w/.test(line) && !/^(\/\/|\/?\*|import\b|\} from )/.test(line));
}

/** How many lines from the beginning are the same; a passage does not overlap itself. */
function commonLength(one: readonly CodeLine[], other: readonly CodeLine[]): number {
  const [beginning] = other;
  const differs = other.findIndex((line, index) => {
    const match = one[index];
    return match?.text !== line.text || (match.path === beginning?.path && match.number >= beginning.number);
  });
  return differs === -1 ? other.length : differs;
}

function overlaps(before: readonly CodeLine[], passage: readonly CodeLine[]): boolean {
  const [last, first] = [before.at(-1), passage[0]];
  return first !== undefined && last?.path === first.path && last.number >= first.number;
}

function textOf(lines: readonly CodeLine[]): string {
  return lines.map(({ text }) => text).join('\n');
}

function lineRange(lines: readonly CodeLine[]): string {
  return `${lines[0]?.path ?? ''}:${lines[0]?.number ?? 0}-${lines.at(-1)?.number ?? 0}`;
}

/** Layout of the entries: folders and files each begin a row of their own. */
export interface GridShape {
  /** Number of entries of each section, in order. */
  sections: readonly number[];
  columns: number;
  /** Rows that fit in the window, for Page Up and Page Down. */
  visibleRows: number;
}

export interface GridRow {
  section: number;
  /** Index of the first entry, counted over all sections. */
  start: number;
  length: number;
}

/** The row at a position from the top; undefined below the last. Constant time: there may be 100,000 entries. */
export function rowAt({ sections, columns }: GridShape, row: number): GridRow | undefined {
  let start = 0;
  let rowsAbove = 0;
  for (const [section, count] of sections.entries()) {
    const rows = Math.ceil(count / columns);
    if (row >= rowsAbove && row < rowsAbove + rows) {
      const first = (row - rowsAbove) * columns;
      return { section, start: start + first, length: Math.min(columns, count - first) };
    }
    start += count;
    rowsAbove += rows;
  }
  return undefined;
}

export function countRows({ sections, columns }: GridShape): number {
  return sections.reduce((rows, count) => rows + Math.ceil(count / columns), 0);
}

/** Row and column of an entry. */
export function positionOfIndex({ sections, columns }: GridShape, index: number): { row: number; column: number } {
  let start = 0;
  let rowsAbove = 0;
  for (const count of sections) {
    if (index < start + count) {
      const within = index - start;
      return { row: rowsAbove + Math.floor(within / columns), column: within % columns };
    }
    start += count;
    rowsAbove += Math.ceil(count / columns);
  }
  return { row: Math.max(0, rowsAbove - 1), column: 0 };
}

/**
 * Target index of a key. `current` is -1 while nothing is active. Returns undefined for keys that move nothing, so that
 * the caller leaves them alone.
 */
export function moveInGrid(key: string, current: number, shape: GridShape): number | undefined {
  const count = shape.sections.reduce((sum, section) => sum + section, 0);
  if (count === 0 || !MOVING_KEYS.has(key)) return undefined;
  if (current < 0 || current >= count) return key === 'End' ? count - 1 : 0;
  switch (key) {
    case 'ArrowRight':
      return Math.min(count - 1, current + 1);
    case 'ArrowLeft':
      return Math.max(0, current - 1);
    case 'ArrowDown':
      return byRows(current, 1, shape);
    case 'ArrowUp':
      return byRows(current, -1, shape);
    case 'PageDown':
      return byRows(current, Math.max(1, shape.visibleRows), shape);
    case 'PageUp':
      return byRows(current, -Math.max(1, shape.visibleRows), shape);
    case 'Home':
      return 0;
    default:
      return count - 1;
  }
}

const MOVING_KEYS: ReadonlySet<string> = new Set([
  'ArrowRight',
  'ArrowLeft',
  'ArrowDown',
  'ArrowUp',
  'PageDown',
  'PageUp',
  'Home',
  'End',
]);

/** Keeps the column where the row is long enough, and stays on the first and the last row. */
function byRows(current: number, rows: number, shape: GridShape): number {
  const { row, column } = positionOfIndex(shape, current);
  const target = Math.min(countRows(shape) - 1, Math.max(0, row + rows));
  const found = rowAt(shape, target);
  return found ? found.start + Math.min(column, found.length - 1) : current;
}

/** Number of cards of at least `minimum` pixels that fit side by side with `gap` pixels between them. */
export function columnsFor(width: number, minimum: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (minimum + gap)));
}

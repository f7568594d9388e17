import { firstIndex } from '../../shared/firstIndex.ts';
import { frameOfTimecode } from '../../shared/timecode.ts';
import type { Counting } from './playerMemory.ts';
import type { FrameTable } from './table/frameTable.ts';

/** How the pictures of one film or sequence are numbered. */
export interface Numbering {
  table: FrameTable;
  counting: Counting;
  /** Numbers of the frames of a sequence, rising, perhaps with gaps; undefined for a film. */
  numbers: readonly { number: number }[] | undefined;
}

const FIRST: Readonly<Record<Exclude<Counting, 'file'>, number>> = { zero: 0, one: 1, film: 1001 };

/** Countings that there are: the file's own, where it has numbers. */
export function countingsOf({ table, numbers }: Omit<Numbering, 'counting'>): readonly Counting[] {
  return numbers || table.startTimecode ? ['zero', 'one', 'film', 'file'] : ['zero', 'one', 'film'];
}

/** The number of a picture that is counted from 0. */
export function numberOf({ table, counting, numbers }: Numbering, frame: number): number {
  if (counting !== 'file') return FIRST[counting] + frame;
  const own = numbers?.[frame]?.number;
  return own ?? frame + (table.startTimecode?.frame ?? FIRST.one);
}

/**
 * The picture that a typed text names, counted from 0: a number as it is counted, or a timecode. Undefined where there is no
 * such picture.
 */
export function frameNamed(numbering: Numbering, text: string): number | undefined {
  const { table } = numbering;
  const typed = text.trim();
  if (/^\d+$/.test(typed)) {
    const wanted = Number(typed);
    const frame = firstIndex(0, table.count - 1, (index) => numberOf(numbering, index) >= wanted);
    return numberOf(numbering, frame) === wanted ? frame : undefined;
  }
  const base = table.timecodeBase;
  const timecode = base && frameOfTimecode(typed, base);
  return timecode === undefined ? undefined : table.frameOfTimecode(timecode);
}

import { firstIndex } from '../../../shared/firstIndex.ts';
import { framesPerDay, type TimecodeBase } from '../../../shared/timecode.ts';
import type { Slot } from '../sequenceSlots.ts';
import type { FrameTable } from '../table/frameTable.ts';

/** By what two items are laid on one another: frame by frame, or by the timecode that both files have. */
export type StepBy = 'frame' | 'timecode';

/** The places of one item. */
export interface Line {
  count: number;
  /** One picture, which is there at every place of the other item. */
  isStill: boolean;
  /** Of a sequence: its numbers, rising. */
  numbers: readonly Slot[] | undefined;
  /** When each is on screen; of a sequence at any rate. */
  table: FrameTable;
}

/** Whether both files have a timecode, and count it in the same way with a number for each picture. */
export function canStepByTimecode(one: Line, other: Line): boolean {
  const [a, b] = [ownTimecode(one), ownTimecode(other)];
  return a !== undefined && a.framesPerSecond === b?.framesPerSecond && a.drop === b.drop;
}

/**
 * The place of the other item that belongs to a place of the one that leads; undefined where the other has none. Sequences are laid on
 * one another by their numbers, everything else by counting from the first picture.
 * @param offset frames that the other item is ahead
 */
export function otherIndex(
  lead: Line,
  other: Line,
  index: number,
  { offset, stepBy }: { offset: number; stepBy: StepBy },
): number | undefined {
  if (other.isStill) return 0;
  if (stepBy === 'timecode' && canStepByTimecode(lead, other)) return indexAtTimecode(lead, other, index, offset);
  const { numbers } = other;
  if (lead.numbers && numbers) return indexOfNumber(numbers, (lead.numbers[index]?.number ?? NaN) + offset);
  return within(index + offset, other.count);
}

function indexAtTimecode(lead: Line, other: Line, index: number, offset: number): number | undefined {
  const [from, to] = [ownTimecode(lead), ownTimecode(other)];
  if (!from || !to) return undefined;
  const day = framesPerDay(from);
  const timecode = from.frame + index + offset;
  // Timecode begins anew at midnight.
  return [0, day, -day].map((days) => within(timecode + days - to.frame, other.count)).find((at) => at !== undefined);
}

/** Undefined where there is none, or where a number of timecode stands for several pictures or for a part of one. */
function ownTimecode({ table }: Line): (TimecodeBase & { frame: number }) | undefined {
  const start = table.startTimecode;
  const { rate } = table;
  if (!start || !rate) return undefined;
  const isOneToOne = start.rate.numerator * rate.denominator === rate.numerator * start.rate.denominator;
  return isOneToOne ? start : undefined;
}

function indexOfNumber(numbers: readonly Slot[], wanted: number): number | undefined {
  if (numbers.length === 0 || Number.isNaN(wanted)) return undefined;
  const index = firstIndex(0, numbers.length - 1, (at) => (numbers[at]?.number ?? 0) >= wanted);
  return numbers[index]?.number === wanted ? index : undefined;
}

function within(index: number, count: number): number | undefined {
  return index >= 0 && index < count ? index : undefined;
}

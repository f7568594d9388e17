import { NearplayError } from '../../../../shared/errors.ts';
import { GIB, MIB } from '../../../../shared/units.ts';

/** S3 User Guide, "Amazon S3 multipart upload limits": 10,000 parts of 5 MiB to 5 GiB, the last one of any size. */
const MAX_PARTS = 10_000;
const MAX_PART_BYTES = 5 * GIB;
/** Smaller parts cost more requests than they save when one has to be sent again. */
const USUAL_PART_BYTES = 8 * MIB;

/** Up to this size a file is uploaded in one request; above, in parts that can be resumed. */
export const SINGLE_PUT_MAX_BYTES = 16 * MIB;

/** Division of a file into parts. Sizes in bytes. */
export interface PartPlan {
  size: number;
  /** Of every part but the last, which has the rest. */
  partSize: number;
  count: number;
}

export interface PartRange {
  /** From 1, as S3 counts. */
  number: number;
  start: number;
  length: number;
}

/**
 * Divides a file into at most 10,000 parts of at least 8 MiB, in whole MiBs.
 *
 * @param size bytes; an empty file is one empty part.
 * @param partSize of an upload that is already begun: its stored parts fit no other division.
 * @throws NearplayError not-supported for more than 48.8 TiB, the maximum of one S3 object.
 */
export function planParts(size: number, partSize = usualPartSize(size)): PartPlan {
  const count = Math.max(1, Math.ceil(size / partSize));
  if (partSize > MAX_PART_BYTES || count > MAX_PARTS) {
    throw new NearplayError('not-supported', 'The file is larger than S3 can keep in one object (48.8 TiB).');
  }
  return { size, partSize, count };
}

function usualPartSize(size: number): number {
  return Math.max(USUAL_PART_BYTES, Math.ceil(size / MAX_PARTS / MIB) * MIB);
}

/** @throws RangeError for a number that is not in the plan. */
export function partRange({ size, partSize, count }: PartPlan, number: number): PartRange {
  if (!Number.isInteger(number) || number < 1 || number > count) throw new RangeError(`There is no part ${number}`);
  const start = (number - 1) * partSize;
  return { number, start, length: Math.min(partSize, size - start) };
}

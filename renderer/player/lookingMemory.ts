import { type Looking, PLAIN_LOOKING } from '../images/looking.ts';
import { SEQUENCE_RATE } from './sequencePlayback.ts';
import type { Rational } from './table/frameTable.ts';

/** How pictures are looked at, from one file to the next, as long as the window is open. */
class LookingMemory {
  looking: Looking = PLAIN_LOOKING;
  rate: Rational = SEQUENCE_RATE;
}

/** The one of this window. */
export const lookingMemory = new LookingMemory();

import { type Comparing, PLAIN_COMPARING } from './comparing.ts';

/** How things are compared, from one pair to the next, as long as the window is open. */
class CompareMemory {
  comparing: Comparing = PLAIN_COMPARING;
}

/** The one of this window. */
export const compareMemory = new CompareMemory();

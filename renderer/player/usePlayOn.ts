import { useEffect } from 'react';
import type { Neighbours } from '../store/arrangement.ts';
import { useLibrary } from '../store/context.tsx';
import { playerMemory } from './playerMemory.ts';
import type { TransportState } from './transport.ts';

/** Where it is asked for, the next file of the folder that plays follows as soon as this one has ended. */
export function usePlayOn({ ended, range }: TransportState, { nextPlayed }: Neighbours): void {
  const open = useLibrary((library) => library.open);
  const isOver = ended && range.repeat === 'next';
  useEffect(() => {
    if (!isOver || !nextPlayed) return;
    playerMemory.playOn(nextPlayed.key);
    open(nextPlayed);
  }, [isOver, nextPlayed, open]);
}

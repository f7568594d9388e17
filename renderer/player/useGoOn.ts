import type { LibraryFile } from '../../shared/library.ts';
import { useLibrary } from '../store/context.tsx';
import { playerMemory } from './playerMemory.ts';

/** Goes to another file of the folder, which plays, stands still, is loud and fast as this one is. */
export function useGoOn(): (file: LibraryFile | undefined) => void {
  const open = useLibrary((library) => library.open);
  return (file) => {
    if (file) playerMemory.goTo(file.key);
    open(file);
  };
}

import { basename } from 'node:path';
import type { SavedFile } from '../../shared/ipc.ts';
import type { Destination, FileDialogs } from '../shell/dialogs.ts';

type Dialogs = Pick<FileDialogs, 'chooseUploads' | 'chooseFolder' | 'choosePreferences' | 'chooseDestination'>;

/** The system's choosers, as requests use them. */
export interface Choosers {
  dialogs: Dialogs;
  /** Writes a text where the user says; null when the user cancelled. @throws NearplayError as writing does */
  saveText: (destination: Destination, text: string) => Promise<SavedFile | null>;
}

/** @param writeText throws NearplayError disk-full, destination-unwritable, not-a-folder, name-too-long. */
export function choosers(dialogs: Dialogs, writeText: (file: string, text: string) => Promise<void>): Choosers {
  return {
    dialogs,
    saveText: async (destination, text) => {
      const file = await dialogs.chooseDestination(destination);
      if (file === undefined) return null;
      await writeText(file, text);
      return { name: basename(file) };
    },
  };
}

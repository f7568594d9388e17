import { basename } from 'node:path';
import type { RequestHandlers, SavedFile } from '../../shared/ipc.ts';
import type { Services, ShellRequest } from '../services/contract.ts';
import type { Destination, FileDialogs } from './dialogs.ts';

export interface ShellRequestsOptions {
  services: Pick<Services, 'addUploads' | 'importPreferences' | 'manifest' | 'saveCopy'>;
  dialogs: Pick<FileDialogs, 'chooseUploads' | 'choosePreferences' | 'chooseDestination'>;
  /** Writes a text file. @throws NearplayError file-unreadable, disk-full */
  writeText: (file: string, text: string) => Promise<void>;
  /** @throws NearplayError bad-request for an address that is not on the list. */
  openExternal: (url: string) => Promise<void>;
}

/** The requests that need a window or a dialog. */
export function shellRequests({
  services,
  dialogs,
  writeText,
  openExternal,
}: ShellRequestsOptions): Pick<RequestHandlers, ShellRequest> {
  const save = async (destination: Destination, text: string): Promise<SavedFile | null> => {
    const file = await dialogs.chooseDestination(destination);
    if (file === undefined) return null;
    await writeText(file, text);
    return { name: basename(file) };
  };
  return {
    'choose-uploads': async ({ folder }) => {
      const paths = await dialogs.chooseUploads();
      return paths.length === 0 ? [] : services.addUploads(folder, paths);
    },
    'import-preferences': async () => {
      const file = await dialogs.choosePreferences();
      return file === undefined ? null : services.importPreferences(file);
    },
    'save-manifest': async ({ problems }) => {
      const text = services.manifest(problems);
      return save({ title: 'Save manifest for S3 Batch Operations', name: 'replication-manifest.csv' }, text);
    },
    'export-preferences': ({ text }) =>
      save({ title: 'Export Isolation Preferences', name: 'isolation-preferences.json' }, text),
    'save-copy': async ({ key }) => {
      const name = key.slice(key.lastIndexOf('/') + 1);
      const file = await dialogs.chooseDestination({ title: 'Save a copy', name });
      return file === undefined ? null : services.saveCopy(key, file);
    },
    'open-external': async ({ url }) => {
      await openExternal(url);
      return null;
    },
  };
}

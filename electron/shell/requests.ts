import { basename } from 'node:path';
import type { RequestHandlers, SavedFile } from '../../shared/ipc.ts';
import { safeFileName } from '../../shared/localNames.ts';
import type { Services, ShellRequest } from '../services/services.ts';
import type { Destination, FileDialogs } from './dialogs.ts';

export interface ShellRequestsOptions {
  services: Pick<
    Services,
    'addUploads' | 'addUploadFolder' | 'importPreferences' | 'manifest' | 'receipts' | 'saveCopy' | 'verifyFolder'
  >;
  dialogs: Pick<FileDialogs, 'chooseUploads' | 'chooseFolder' | 'choosePreferences' | 'chooseDestination'>;
  /** Writes a text file. @throws NearplayError disk-full, destination-unwritable, not-a-folder, name-too-long */
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
    'choose-uploads': async ({ folder, what }) => {
      const paths = await dialogs.chooseUploads(what);
      return paths.length === 0 ? { files: 0 } : services.addUploads(folder, paths);
    },
    'export-receipts': async () => {
      const text = services.receipts();
      return save({ title: 'Export receipts', name: 'upload-receipts.json' }, text);
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
      const file = await dialogs.chooseDestination({ title: 'Save a copy', name: safeFileName(key) });
      return file === undefined ? null : services.saveCopy(key, file);
    },
    'verify-folder': async ({ folder }) => {
      const path = await dialogs.chooseFolder('Choose a folder to check against the bucket', 'Check');
      return path === undefined ? null : services.verifyFolder(folder, path);
    },
    'add-upload-folder': async ({ folder, existing }) => {
      const path = await dialogs.chooseFolder('Choose a folder whose new files are uploaded', 'Watch');
      return path === undefined ? null : services.addUploadFolder(folder, path, existing);
    },
    'open-external': async ({ url }) => {
      await openExternal(url);
      return null;
    },
  };
}

import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services, ShellRequest } from '../services/contract.ts';
import type { FileDialogs } from './dialogs.ts';

export interface ShellRequestsOptions {
  services: Pick<Services, 'addUploads' | 'importPreferences'>;
  dialogs: Pick<FileDialogs, 'chooseUploads' | 'choosePreferences'>;
  /** @throws NearplayError bad-request for an address that is not on the list. */
  openExternal: (url: string) => Promise<void>;
}

/** The requests that need a window or a dialog. */
export function shellRequests({
  services,
  dialogs,
  openExternal,
}: ShellRequestsOptions): Pick<RequestHandlers, ShellRequest> {
  return {
    'choose-uploads': async ({ folder }) => {
      const paths = await dialogs.chooseUploads();
      return paths.length === 0 ? [] : services.addUploads(folder, paths);
    },
    'import-preferences': async () => {
      const file = await dialogs.choosePreferences();
      return file === undefined ? null : services.importPreferences(file);
    },
    'open-external': async ({ url }) => {
      await openExternal(url);
      return null;
    },
  };
}

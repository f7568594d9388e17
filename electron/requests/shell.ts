import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services } from '../services/services.ts';

export interface Shell {
  /** @throws NearplayError bad-request for an address that is not on the list. */
  openExternal: (url: string) => Promise<void>;
  /** Opens the file's folder in the system's file manager, with the file selected. */
  showInFolder: (file: string) => void;
}

/** The first paint, and what the window asks of the desktop. */
export function shellRequests(services: Pick<Services, 'bootstrap'>, { openExternal }: Pick<Shell, 'openExternal'>) {
  return {
    getBootstrap: () => services.bootstrap(),
    openExternal: ({ url }) => openExternal(url),
  } satisfies Partial<RequestHandlers>;
}

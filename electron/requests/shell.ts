import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services } from '../services/services.ts';

export interface Shell {
  /** @throws NearplayError bad-request for an address that is not on the list. */
  openExternal: (url: string) => Promise<void>;
}

/** The first paint, and what the window asks of the desktop. */
export function shellRequests(services: Pick<Services, 'bootstrap'>, { openExternal }: Shell) {
  return {
    getBootstrap: () => services.bootstrap(),
    openExternal: ({ url }) => openExternal(url),
  } satisfies Partial<RequestHandlers>;
}

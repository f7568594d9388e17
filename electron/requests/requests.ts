import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services } from '../services/services.ts';
import type { Choosers } from './choosers.ts';
import { libraryRequests } from './library.ts';
import { preferencesRequests } from './preferences.ts';
import { replicationRequests } from './replication.ts';
import { type Shell, shellRequests } from './shell.ts';
import { transferRequests } from './transfers.ts';

/** The handlers of all requests of the window: a map per domain, together every name of the table. */
export function requestHandlers(services: Services, choosers: Choosers, shell: Shell): RequestHandlers {
  return {
    ...shellRequests(services, shell),
    ...libraryRequests(services),
    ...transferRequests(services, choosers, shell),
    ...preferencesRequests(services, choosers),
    ...replicationRequests(services, choosers),
  } satisfies RequestHandlers;
}

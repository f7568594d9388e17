import type { NearplayApi } from '../../shared/ipc.ts';
import type { SessionStore } from './session.ts';
import type { TransfersStore } from './transfers.ts';

/**
 * Keeps the list as main has it: what there is at the start, and whatever changes. Other preferences are another queue,
 * so that each new start begins again. Returns the function that ends it.
 */
export function followTransfers(api: NearplayApi, session: SessionStore, transfers: TransfersStore): () => void {
  const { begin, take } = transfers.getState();
  const ends = [
    api.on('transfersChanged', take),
    session.subscribe(({ app }, before) => {
      if (app && app.transfers !== before.app?.transfers) void begin(app.transfers);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

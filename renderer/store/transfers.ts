import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorReport } from '../../shared/errors.ts';
import type { NearplayApi, SavedFile } from '../../shared/ipc.ts';
import {
  type ConflictAnswer,
  type Transfer,
  TRANSFER_STATES,
  type TransfersDelta,
  type TransferTotals,
} from '../../shared/transfers.ts';
import { reportOf } from '../api.ts';
import { type Filter, TransferIndex } from './transferIndex.ts';
import { type TransferNotification, TransferNotifications } from './transferNotifications.ts';

/** State of the list as a whole. The transfers themselves are in its index: each row subscribes to its own. */
export interface Transfers {
  totals: TransferTotals;
  counts: Readonly<Record<Filter, number>>;
  /** Number of transfers that wait for an answer about a taken name. */
  conflicts: number;
  filter: Filter;
  /** Grows whenever the rows that the filter shows, their order or their heights change. */
  version: number;
  loading: 'idle' | 'loading' | 'complete' | 'failed';
  failure: ErrorReport | undefined;
  /** The row that the keyboard acts on. */
  activeId: string | undefined;

  /** Takes over what is known at the start, and loads the list. */
  begin: (totals: TransferTotals) => Promise<void>;
  load: () => Promise<void>;
  take: (delta: TransfersDelta) => void;
  setFilter: (filter: Filter) => void;
  setActive: (id: string | undefined) => void;
  /** Without ids: all that it can apply to. */
  pause: (ids?: string[]) => Promise<void>;
  resume: (ids?: string[]) => Promise<void>;
  cancel: (ids?: string[]) => Promise<void>;
  retry: (ids?: string[]) => Promise<void>;
  /** Opens the system's file manager at a download that is done. */
  showDownload: (id: string) => Promise<void>;
  clear: () => Promise<void>;
  decide: (answer: ConflictAnswer, ids?: string[]) => Promise<void>;
  /** Before another transfer that waits; `null`: to the end. */
  move: (ids: string[], before: string | null) => Promise<void>;
  exportReceipts: () => Promise<void>;
}

export interface TransfersStore extends StoreApi<Transfers> {
  index: Pick<TransferIndex, 'get' | 'count' | 'at' | 'indexOf' | 'isEven'>;
  /** Calls back when this one transfer changed; returns the function that ends it. */
  subscribeTo: (id: string, listener: () => void) => () => void;
}

/** Surroundings of the store. */
export interface TransfersSurroundings {
  /** Calls back once, soon: in the window, with the next frame. */
  schedule: (work: () => void) => void;
  notify: (about: TransferNotification) => void;
  notifyFailure: (report: ErrorReport) => void;
  notifySaved: (file: SavedFile) => void;
}

export const NO_TOTALS: TransferTotals = {
  files: { waiting: 0, running: 0, paused: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 },
  size: 0,
  sent: 0,
  bytesPerSecond: 0,
};

/** The store over the bridge. Changes are put together until the next frame; nothing rejects. */
export function createTransfers(api: NearplayApi, around: TransfersSurroundings): TransfersStore {
  const index = new TransferIndex();
  const notifications = new TransferNotifications();
  const listeners = new Map<string, Set<() => void>>();
  /** In the order in which they came: `undefined` for those that were removed. */
  let pending = new Map<string, Transfer | undefined>();
  let totals: TransferTotals | undefined;
  let scheduled = false;
  let loads = 0;

  const store = createStore<Transfers>((set, get) => {
    const schedule = (): void => {
      if (scheduled) return;
      scheduled = true;
      around.schedule(flush);
    };

    function flush(): void {
      scheduled = false;
      const changes = pending;
      pending = new Map();
      const removed = [...changes.keys()].filter((id) => changes.get(id) === undefined);
      const changed = [...changes.values()].filter((transfer) => transfer !== undefined);
      const { ids, lists, ended } = index.apply(changed, removed);
      const now = totals ?? get().totals;
      set(({ version, filter }) => ({
        totals: now,
        ...(lists.size > 0 && { counts: countsOf(index), conflicts: index.conflicts }),
        ...(lists.has(filter) && { version: version + 1 }),
      }));
      for (const id of ids) for (const listener of listeners.get(id) ?? []) listener();
      const needYou = { count: index.count('need-you'), name: index.at('need-you', 0)?.name ?? '' };
      for (const about of notifications.take(ended, now, needYou)) around.notify(about);
    }

    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        around.notifyFailure(reportOf(error));
      }
    };
    const some = (ids: string[] | undefined) => (ids ? { ids } : {});

    return {
      totals: NO_TOTALS,
      counts: countsOf(index),
      conflicts: 0,
      filter: 'all',
      version: 0,
      loading: 'idle',
      failure: undefined,
      activeId: undefined,

      async begin(known) {
        totals = known;
        // Another queue has none of what the one before it had.
        for (const id of index.ids()) pending.set(id, undefined);
        if (pending.size > 0) schedule();
        set({ totals: known });
        // An empty list needs no request: later transfers come as changes.
        if (countFiles(known) > 0) await get().load();
        else set({ loading: 'complete' });
      },
      async load() {
        const mine = ++loads;
        set({ loading: 'loading', failure: undefined });
        try {
          let cursor: string | undefined;
          do {
            const page = await api.listTransfers(cursor === undefined ? {} : { cursor });
            if (mine !== loads) return;
            // By the same way as changes, so that the later state of a transfer wins.
            for (const transfer of page.transfers) pending.set(transfer.id, transfer);
            schedule();
            cursor = page.cursor;
          } while (cursor !== undefined);
          set({ loading: 'complete' });
        } catch (error) {
          if (mine === loads) set({ loading: 'failed', failure: reportOf(error) });
        }
      },
      take({ changed, removed, totals: sums }) {
        for (const transfer of changed) pending.set(transfer.id, transfer);
        for (const id of removed) pending.set(id, undefined);
        totals = sums;
        schedule();
      },
      setFilter: (filter) => set(({ version }) => ({ filter, version: version + 1 })),
      setActive: (activeId) => set({ activeId }),
      pause: (ids) => attempt(() => api.pauseTransfers(some(ids))),
      resume: (ids) => attempt(() => api.resumeTransfers(some(ids))),
      cancel: (ids) => attempt(() => api.cancelTransfers(some(ids))),
      retry: (ids) => attempt(() => api.retryTransfers(some(ids))),
      showDownload: (id) => attempt(() => api.showDownload({ id })),
      clear: () => attempt(() => api.clearTransfers()),
      decide: (answer, ids) => attempt(() => api.decideConflicts({ answer, ...some(ids) })),
      move: (ids, before) => attempt(() => api.moveTransfers({ ids, before })),
      exportReceipts: () =>
        attempt(async () => {
          const saved = await api.exportReceipts();
          if (saved) around.notifySaved(saved);
        }),
    };
  });

  return {
    ...store,
    index,
    subscribeTo(id, listener) {
      const own = listeners.get(id) ?? new Set();
      listeners.set(id, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(id) === own) listeners.delete(id);
      };
    },
  };
}

function countFiles({ files }: TransferTotals): number {
  return TRANSFER_STATES.reduce((sum, state) => sum + files[state], 0);
}

function countsOf(index: TransferIndex): Record<Filter, number> {
  return {
    all: index.count('all'),
    active: index.count('active'),
    waiting: index.count('waiting'),
    'need-you': index.count('need-you'),
    failed: index.count('failed'),
    done: index.count('done'),
  };
}

import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorReport } from '../../shared/errors.ts';
import type { NearplayApi } from '../../shared/ipc.ts';
import type { LibraryFile } from '../../shared/library.ts';
import { hasPictures } from '../../shared/media.ts';
import { reportOf } from '../api.ts';
import { arranged, type SortOrder } from './arrangement.ts';
import { identityOf, identityOfFolder } from './entryIdentity.ts';
import {
  appendPage,
  countLoaded,
  type LibraryPages,
  noPages,
  pagesHolding,
  parentFolder,
  refreshedPage,
} from './libraryPages.ts';

export type LibraryView = 'grid' | 'list';

/** The folder on screen. */
export interface Library {
  loaded: LibraryPages;
  phase: 'loading' | 'ready' | 'failed';
  failure: ErrorReport | undefined;
  more: 'idle' | 'loading' | 'failed';
  filter: string;
  order: SortOrder;
  view: LibraryView;
  /** The identity of the entry that the keyboard acts on. */
  activeId: string | undefined;
  /** The file in the player, as it was when it was opened. */
  opened: LibraryFile | undefined;
  /** The file that it is compared with. */
  compared: LibraryFile | undefined;
  /** The file that is compared with the one that is chosen next, in whatever folder. */
  marked: LibraryFile | undefined;

  /** Shows a folder from its beginning; `active` is the folder in it to start on, such as the one just left. */
  show: (folder: string, active?: string) => Promise<void>;
  up: () => Promise<void>;
  loadMore: () => Promise<void>;
  /** Reads again what can be seen; what cannot is read when the folder is shown again. */
  refresh: () => Promise<void>;
  setFilter: (filter: string) => void;
  setOrder: (order: SortOrder) => void;
  setView: (view: LibraryView) => void;
  /** @param id as identityOf gives it. */
  setActive: (id: string | undefined) => void;
  open: (file: LibraryFile | undefined) => void;
  compareWith: (file: LibraryFile | undefined) => void;
  /** Marks a file to be compared; opens the marked one beside another; takes the mark away from the marked one itself. */
  markOrCompare: (file: LibraryFile) => void;
  /** The same with the entry that the keyboard acts on, where it has pictures. */
  markOrCompareActive: () => void;
  unmark: () => void;
  /** Which entries are in the window now; decides what a refresh reads. Not part of the state: nothing draws it. */
  sawEntries: (ids: readonly string[]) => void;
}

export type LibraryStore = StoreApi<Library>;

/** The store over the bridge. Answers that come after the user went elsewhere are dropped; nothing rejects. */
export function createLibrary(api: NearplayApi): LibraryStore {
  let visit = 0;
  let visible: ReadonlySet<string> = new Set();
  let refreshing = false;
  let refreshesAsked = 0;

  return createStore<Library>((set, get) => {
    const fetchPage = (folder: string) => (cursor: string | undefined) =>
      api.listLibrary({ folder, ...(cursor !== undefined && { cursor }) });

    async function refreshVisible(): Promise<void> {
      const mine = visit;
      const { loaded } = get();
      const seen = pagesHolding(loaded, visible);
      for (const index of seen.length > 0 ? seen : [0]) {
        const before = get().loaded;
        const after = await refreshedPage(before, index, fetchPage(before.folder));
        if (mine !== visit) return;
        // A page that arrived meanwhile stays: what was read again is put into what is there now.
        const now = get().loaded;
        set({ loaded: now === before ? after : mergePage(now, after, index) });
      }
    }

    return {
      loaded: noPages(''),
      phase: 'loading',
      failure: undefined,
      more: 'idle',
      filter: '',
      order: 'name',
      view: 'grid',
      activeId: undefined,
      opened: undefined,
      compared: undefined,
      marked: undefined,

      async show(folder, active) {
        const mine = ++visit;
        set({
          loaded: noPages(folder),
          phase: 'loading',
          failure: undefined,
          more: 'idle',
          filter: '',
          activeId: active === undefined ? undefined : identityOfFolder(active),
          opened: undefined,
          compared: undefined,
        });
        try {
          const page = await api.listLibrary({ folder });
          if (mine === visit) set({ loaded: appendPage(noPages(folder), page), phase: 'ready' });
        } catch (error) {
          if (mine === visit) set({ phase: 'failed', failure: reportOf(error) });
        }
      },
      async up() {
        const { folder } = get().loaded;
        if (folder !== '') await get().show(parentFolder(folder), folder);
      },
      async loadMore() {
        const { loaded, more, phase } = get();
        if (phase !== 'ready' || more === 'loading' || loaded.complete) return;
        const mine = visit;
        set({ more: 'loading' });
        try {
          const page = await fetchPage(loaded.folder)(loaded.next);
          // Where a refresh has changed the end meanwhile, the page is not the next one any more.
          if (mine !== visit) return;
          set(({ loaded: now }) => ({ loaded: now.next === loaded.next ? appendPage(now, page) : now, more: 'idle' }));
        } catch {
          if (mine === visit) set({ more: 'failed' });
        }
      },
      async refresh() {
        const { phase, loaded, show } = get();
        if (phase === 'failed') return show(loaded.folder);
        if (phase !== 'ready') return;
        refreshesAsked += 1;
        if (refreshing) return;
        refreshing = true;
        try {
          // A change announced during a refresh may concern what was read before it: go round again.
          for (let done = 0; done < refreshesAsked;) {
            done = refreshesAsked;
            await refreshVisible();
          }
        } catch {
          // The entries on screen were right a moment ago; the next change, or the user, asks again.
        } finally {
          refreshing = false;
        }
      },
      setFilter: (filter) => set({ filter }),
      setOrder: (order) => set({ order }),
      setView: (view) => set({ view }),
      setActive: (activeId) => set({ activeId }),
      open: (opened) =>
        set({ opened, compared: undefined, ...(opened !== undefined && { activeId: identityOf(opened) }) }),
      compareWith: (compared) => set({ compared }),
      markOrCompare(file) {
        const { marked } = get();
        if (!marked) set({ marked: file });
        else if (identityOf(marked) === identityOf(file)) set({ marked: undefined });
        // The one that is on screen is found there again when the player closes.
        else set({ marked: undefined, opened: marked, compared: file, activeId: identityOf(file) });
      },
      markOrCompareActive() {
        const { activeId, markOrCompare } = get();
        const active = arranged(get()).find((entry) => identityOf(entry) === activeId);
        if (active?.type === 'file' && hasPictures(active.kind)) markOrCompare(active);
      },
      unmark: () => set({ marked: undefined }),
      sawEntries(ids) {
        visible = new Set(ids);
      },
    };
  });
}

function mergePage(now: LibraryPages, read: LibraryPages, index: number): LibraryPages {
  const page = read.pages[index];
  // The last page's end moved while another page arrived behind it: that needs the folder read from there again.
  if (!page || now.pages.length <= index || countLoaded(now) === 0) return now;
  return { ...now, pages: now.pages.with(index, page) };
}

import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Bootstrap } from '../../shared/bootstrap.ts';
import type { ErrorReport } from '../../shared/errors.ts';
import type { NearplayApi } from '../../shared/ipc.ts';
import { nameOfKey } from '../../shared/keys.ts';
import { joinLeftOut, type LeftOutList } from '../../shared/leftOut.ts';
import type { FasterStorage } from '../../shared/link.ts';
import type { SettingsPatch } from '../../shared/settings.ts';
import type { Added } from '../../shared/uploads.ts';
import { reportOf } from '../api.ts';
import type { Notifications } from './notifications.ts';

export type Panel =
  'settings' | 'shortcuts' | 'why' | 'replication' | 'preferences' | 'verify' | 'watch-folder' | 'left-out';

/** Everything the window knows apart from the folder on screen: what main reported, and which panels are open. */
export interface Session {
  phase: 'starting' | 'ready' | 'failed';
  failure: ErrorReport | undefined;
  /** Set once the first answer is there. */
  app: Bootstrap | undefined;
  online: boolean;
  panel: Panel | undefined;
  /** The file that "Why this region?" is about; undefined: what holds in general. */
  whyKey: string | undefined;
  /** By key: what the player reads from in place of the route, as long as it does. */
  playedFaster: Readonly<Record<string, FasterStorage>>;
  transfersOpen: boolean;
  /** The player is open: nothing but its user opens anything over it. */
  isWatching: boolean;
  /** Of what was chosen or dropped since it was dismissed: what is not uploaded, and how many files are. */
  leftOut: { list: LeftOutList; files: number } | undefined;
  /** Content of the panel of left-out files. */
  leftOutShown: LeftOutList | undefined;
  /** Number of choices and drops that are being looked through: large folders take their time. */
  adding: number;
  /** Grows with every change after which objects may be read from somewhere else. */
  routesVersion: number;

  start: () => Promise<void>;
  setOnline: (online: boolean) => void;
  showPanel: (panel: Panel | undefined) => void;
  showWhy: (key: string | undefined) => void;
  /** @param faster undefined: the route is read from, or nothing */
  setPlayedFaster: (key: string, faster: FasterStorage | undefined) => void;
  showTransfers: (open: boolean) => void;
  setWatching: (isWatching: boolean) => void;
  showLeftOut: (list: LeftOutList) => void;
  dismissLeftOut: () => void;
  changeSettings: (patch: SettingsPatch) => Promise<void>;
  importPreferences: () => Promise<void>;
  refreshAddress: () => Promise<void>;
  chooseUploads: (folder: string, what?: 'files' | 'folder') => Promise<void>;
  uploadFiles: (folder: string, files: readonly File[]) => Promise<void>;
  /** Asks for a local folder and uploads what comes into it, from now on or from the beginning. */
  addWatchFolder: (folder: string, existing: boolean) => Promise<void>;
  pauseWatchFolder: (id: string, paused: boolean) => Promise<void>;
  removeWatchFolder: (id: string) => Promise<void>;
  /** Asks where to, and brings the file there. */
  download: (key: string) => Promise<void>;
  /** Announces new files of a folder once a replica holds them, or no longer does. */
  setReadyAlert: (folder: string, on: boolean) => Promise<void>;
  patchApp: (patch: Partial<Bootstrap>) => void;
}

export type SessionStore = StoreApi<Session>;

/** Paths that one request of uploads may have (schema in shared/ipc.ts). */
const MAX_PATHS_PER_REQUEST = 10_000;

/** The store over the bridge. Failures of what the user asked for end as notifications; nothing rejects. */
export function createSession(api: NearplayApi, notifications: Notifications): SessionStore {
  const { notify } = notifications;

  return createStore<Session>((set, get) => {
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        notify({ kind: 'report', report: reportOf(error) }, 'bad');
      }
    };

    const showLeftOutOf = ({ files, leftOut }: Added): void => {
      if (!leftOut) return;
      const before = get().leftOut;
      const list = before ? joinLeftOut(before.list, leftOut) : leftOut;
      set({ leftOut: { list, files: (before?.files ?? 0) + files } });
      openTransfers();
    };

    const openTransfers = (): void => {
      if (!get().isWatching) set({ transfersOpen: true });
    };

    const adding = (add: () => Promise<unknown>): Promise<void> =>
      attempt(async () => {
        set(({ adding: others }) => ({ adding: others + 1 }));
        try {
          await add();
        } finally {
          set(({ adding: others }) => ({ adding: others - 1 }));
        }
      });

    return {
      phase: 'starting',
      failure: undefined,
      app: undefined,
      online: true,
      panel: undefined,
      whyKey: undefined,
      playedFaster: {},
      transfersOpen: false,
      isWatching: false,
      leftOut: undefined,
      leftOutShown: undefined,
      adding: 0,
      routesVersion: 0,

      async start() {
        set({ phase: 'starting', failure: undefined });
        try {
          const app = await api.getBootstrap();
          set({ phase: 'ready', app });
        } catch (error) {
          set({ phase: 'failed', failure: reportOf(error) });
        }
      },
      setOnline: (online) => set({ online }),
      showPanel: (panel) => set({ panel }),
      showWhy: (whyKey) => set({ panel: 'why', whyKey }),
      setPlayedFaster: (key, faster) =>
        set(({ playedFaster: { [key]: _before, ...others } }) => ({
          playedFaster: faster ? { ...others, [key]: faster } : others,
        })),
      showTransfers(transfersOpen) {
        set({ transfersOpen });
        if (transfersOpen) notifications.closeTransferQuestions();
      },
      setWatching: (isWatching) => set({ isWatching }),
      showLeftOut: (leftOutShown) => set({ leftOutShown, panel: 'left-out' }),
      dismissLeftOut: () => set({ leftOut: undefined }),
      changeSettings: (patch) =>
        attempt(async () => {
          get().patchApp({ settings: await api.setSettings(patch) });
          // Another profile is another sign-in, and nothing announces it: ask.
          if ('profile' in patch) get().patchApp({ credentials: (await api.getBootstrap()).credentials });
        }),
      importPreferences: () =>
        attempt(async () => {
          const preferences = await api.importPreferences();
          if (!preferences) return;
          set({ app: await api.getBootstrap() });
          if (preferences.document) notify({ kind: 'imported' }, 'good');
        }),
      refreshAddress: () => attempt(async () => get().patchApp({ reading: await api.refreshAddress() })),
      chooseUploads: (folder, what = 'files') =>
        adding(async () => {
          const added = await api.chooseUploads({ folder, what });
          if (added.files > 0) openTransfers();
          showLeftOutOf(added);
        }),
      async uploadFiles(folder, files) {
        // Before the answer: a large folder takes its time, and the drop is to have a visible effect at once.
        openTransfers();
        for (let start = 0; start < files.length; start += MAX_PATHS_PER_REQUEST) {
          await adding(async () =>
            showLeftOutOf(await api.uploadFiles(folder, files.slice(start, start + MAX_PATHS_PER_REQUEST))),
          );
        }
      },
      addWatchFolder: (folder, existing) =>
        attempt(async () => {
          const added = await api.addWatchFolder({ folder, existing });
          if (!added) return;
          openTransfers();
          notify({ kind: 'watch-folder-added', folder: added.folder }, 'good');
        }),
      pauseWatchFolder: (id, paused) => attempt(() => api.pauseWatchFolder({ id, paused })),
      removeWatchFolder: (id) => attempt(() => api.removeWatchFolder({ id })),
      download: (key) =>
        attempt(async () => {
          if (await api.download({ key })) openTransfers();
        }),
      async setReadyAlert(folder, on) {
        const others = (get().app?.settings.readyAlerts ?? []).filter((other) => other !== folder);
        await get().changeSettings({ readyAlerts: on ? [...others, folder] : others });
      },
      patchApp: (patch) => set(({ app }) => (app ? { app: { ...app, ...patch } } : {})),
    };
  });
}

/**
 * Follows what main announces. Of the folders that changed only those count that are on screen, or below it: a folder
 * appears in its parent with its first file. Returns the function that ends it.
 */
export function followMain(
  api: NearplayApi,
  { session, notifications }: { session: SessionStore; notifications: Notifications },
  shownFolder: () => string,
): () => void {
  const { patchApp } = session.getState();
  const routesChanged = (): void => session.setState(({ routesVersion }) => ({ routesVersion: routesVersion + 1 }));
  const ends = [
    api.on('readingChanged', (reading) => {
      patchApp({ reading });
      routesChanged();
    }),
    api.on('preferencesChanged', (preferences) => {
      patchApp({ preferences });
      routesChanged();
    }),
    api.on('settingsChanged', (settings) => patchApp({ settings })),
    api.on('watchFoldersChanged', (watchFolders) => patchApp({ watchFolders })),
    api.on('replicaReady', ({ key, label, others }) => {
      const name = nameOfKey(key);
      notifications.notify({ kind: 'replica-ready', name, place: label, others }, 'good');
    }),
    api.on('libraryChanged', ({ folder }) => {
      if (folder.startsWith(shownFolder())) routesChanged();
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

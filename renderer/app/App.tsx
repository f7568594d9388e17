import { type RefObject, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Bootstrap } from '../../shared/bootstrap.ts';
import { LibraryScreen } from '../library/LibraryScreen.tsx';
import { Player } from '../player/Player.tsx';
import { PreferencesEditor } from '../preferences/PreferencesEditor.tsx';
import { LeftOutPanel } from '../reports/LeftOutPanel.tsx';
import { ReplicationView } from '../reports/ReplicationView.tsx';
import { VerifyPanel } from '../reports/VerifyPanel.tsx';
import { SettingsPanel } from '../settings/SettingsPanel.tsx';
import { useLibrary, useNearplay, useSession } from '../store/context.tsx';
import { identityOf } from '../store/entryIdentity.ts';
import { BandwidthForm } from '../transfers/BandwidthForm.tsx';
import { TransfersBar } from '../transfers/TransfersBar.tsx';
import { TransfersDrawer } from '../transfers/TransfersDrawer.tsx';
import { ErrorState } from '../ui/ErrorState.tsx';
import { isTyping } from '../ui/isTyping.ts';
import { destinationOf } from '../uploads/destination.ts';
import { LeftOutNote } from '../uploads/LeftOutNote.tsx';
import { WatchFolderDialog } from '../uploads/WatchFolderDialog.tsx';
import { WatchFolders, WatchFoldersSummary } from '../uploads/WatchFolders.tsx';
import { WhyPanel } from '../why/WhyPanel.tsx';
import { DropZone } from './DropZone.tsx';
import { FirstRun } from './FirstRun.tsx';
import { Header } from './Header.tsx';
import { shortcutOf } from './shortcutKeys.ts';
import { ShortcutsDialog } from './ShortcutsDialog.tsx';
import { Toasts } from './Toasts.tsx';

/** The window. */
export function App() {
  const { t } = useTranslation();
  const phase = useSession((session) => session.phase);
  const failure = useSession((session) => session.failure);
  const app = useSession((session) => session.app);
  const start = useSession((session) => session.start);
  const retry = useRef(() => void start());
  useTheme(app?.settings.theme);
  useOnline();
  if (phase === 'failed' && failure) {
    return (
      <div className="app" data-testid="app">
        <ErrorState report={failure} onRetry={retry.current} />
      </div>
    );
  }
  if (!app) return <div className="app" data-testid="app" aria-busy="true" aria-label={t('states.starting')} />;
  return <Window app={app} />;
}

function Window({ app }: { app: Bootstrap }) {
  const { t } = useTranslation();
  const filterField = useRef<HTMLInputElement>(null);
  const online = useSession((session) => session.online);
  const opened = useLibrary((library) => library.opened);
  const usable = app.preferences.document !== null;
  const transfersOpen = useSession((session) => session.transfersOpen);
  useFirstFolder(usable, app.settings.lastFolder);
  useRememberedView(app.settings.view);
  useFollowRoutes();
  useShortcuts(filterField, usable);
  return (
    <div className="app" data-testid="app" data-platform={app.platform}>
      <Header reading={app.reading} usable={usable} filterField={filterField} />
      {!online && (
        <p className="banner" role="status">
          {t('shell.offlineBanner')}
        </p>
      )}
      <div className="under-header">
        <Toasts />
        <div className="body" data-transfers={transfersOpen}>
          <main className="main">
            {usable ? (
              <>
                <DropZone>
                  <LibraryScreen />
                </DropZone>
                {opened && <Player key={identityOf(opened)} opened={opened} />}
              </>
            ) : (
              <FirstRun preferences={app.preferences} />
            )}
          </main>
          <TransfersDrawer>
            <WatchFoldersSummary />
            <LeftOutNote />
          </TransfersDrawer>
        </div>
      </div>
      <TransfersBar />
      <SettingsPanel app={app} bandwidth={<BandwidthForm />} watchFolders={<WatchFolders />} />
      <WhyPanel />
      <ReplicationView />
      <VerifyPanel />
      <LeftOutPanel />
      <WatchFolderDialog />
      <PreferencesEditor />
      <ShortcutsDialog />
    </div>
  );
}

function useTheme(theme: Bootstrap['settings']['theme'] | undefined): void {
  useEffect(() => {
    if (theme) document.documentElement.dataset['theme'] = theme;
  }, [theme]);
}

/** `navigator.onLine` is reliable only when it is false (HTML Standard, "Browser state"): it is used for that alone. */
function useOnline(): void {
  const setOnline = useSession((session) => session.setOnline);
  useEffect(() => {
    const update = (): void => setOnline(navigator.onLine);
    update();
    window.addEventListener('online', update);
    window.addEventListener('offline', update);
    return () => {
      window.removeEventListener('online', update);
      window.removeEventListener('offline', update);
    };
  }, [setOnline]);
}

/** Opens the folder of last time, and remembers where the user goes. */
function useFirstFolder(usable: boolean, lastFolder: string): void {
  const { api, library } = useNearplay();
  const first = useRef(lastFolder);
  useEffect(() => {
    if (!usable) return undefined;
    void library.getState().show(first.current);
    return library.subscribe(({ loaded }, before) => {
      // A failure is not shown: only the folder to start in is not remembered.
      if (loaded.folder !== before.loaded.folder) api.setSettings({ lastFolder: loaded.folder }).catch(() => undefined);
    });
  }, [usable, api, library]);
}

/** Grid or list as it was last time, and remembered for the next. */
function useRememberedView(view: Bootstrap['settings']['view']): void {
  const { api, library } = useNearplay();
  const first = useRef(view);
  useEffect(() => {
    library.getState().setView(first.current);
    return library.subscribe((now, before) => {
      if (now.view !== before.view) api.setSettings({ view: now.view }).catch(() => undefined);
    });
  }, [api, library]);
}

/** Reads what is on screen again whenever main says that something may be read from elsewhere. */
function useFollowRoutes(): void {
  const { library, session } = useNearplay();
  useEffect(
    () =>
      session.subscribe(({ routesVersion }, before) => {
        if (routesVersion !== before.routesVersion) void library.getState().refresh();
      }),
    [library, session],
  );
}

function useShortcuts(filterField: RefObject<HTMLInputElement | null>, usable: boolean): void {
  const { library, session } = useNearplay();
  useEffect(() => {
    const act = (event: KeyboardEvent): void => {
      // A dialog has its own keys, Escape among them.
      if (event.defaultPrevented || session.getState().panel || isTyping(event.target)) return;
      const shortcut = shortcutOf(event);
      const { opened, open, up, view, setView, loaded, marked, unmark, markOrCompareActive } = library.getState();
      const { showPanel, showWhy, showTransfers, transfersOpen, chooseUploads } = session.getState();
      if (shortcut === undefined) return;
      const byProject = session.getState().app?.settings.uploadFolderByProject ?? {};
      const inPlayer = opened !== undefined;
      const actions: Record<typeof shortcut, (() => void) | undefined> = {
        settings: () => showPanel('settings'),
        help: () => showPanel('shortcuts'),
        why: usable ? () => showWhy(opened?.key) : undefined,
        replication: usable ? () => showPanel('replication') : undefined,
        transfers: () => showTransfers(!transfersOpen),
        close: inPlayer
          ? () => open(undefined)
          : marked
            ? unmark
            : transfersOpen
              ? () => showTransfers(false)
              : undefined,
        filter: usable && !inPlayer ? () => filterField.current?.focus() : undefined,
        upload: usable ? () => void chooseUploads(destinationOf(loaded.folder, byProject).folder) : undefined,
        up: usable ? () => (inPlayer ? open(undefined) : void up()) : undefined,
        view: usable && !inPlayer ? () => setView(view === 'grid' ? 'list' : 'grid') : undefined,
        compare: usable && !inPlayer ? markOrCompareActive : undefined,
      };
      const action = actions[shortcut];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', act);
    return () => window.removeEventListener('keydown', act);
  }, [library, session, filterField, usable]);
}

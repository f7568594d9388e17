import { IconBell, IconBellRinging, IconColumns2, IconFolderOpen, IconSearchOff, IconX } from '@tabler/icons-react';
import { useCallback, useDeferredValue, useEffect } from 'react';
import { Button, ToggleButton, Tooltip, TooltipTrigger } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { folderOf } from '../../shared/keys.ts';
import { arranged } from '../store/arrangement.ts';
import { useLibrary, useSession } from '../store/context.tsx';
import { countLoaded, crumbsOf } from '../store/libraryPages.ts';
import { formatCount } from '../text/format.ts';
import { CutName } from '../ui/CutName.tsx';
import { ErrorState } from '../ui/ErrorState.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import { StatePanel } from '../ui/StatePanel.tsx';
import { EntryGrid } from './EntryGrid.tsx';
import { SortMenu } from './SortMenu.tsx';

/** The folder on screen, in whatever state it is. */
export function LibraryScreen() {
  const { t } = useTranslation();
  const phase = useLibrary((library) => library.phase);
  const failure = useLibrary((library) => library.failure);
  const folder = useLibrary((library) => library.loaded.folder);
  const show = useLibrary((library) => library.show);
  const isInert = useLibrary((library) => library.opened !== undefined);
  const retry = useCallback(() => void show(folder), [show, folder]);
  return (
    <section
      className="library"
      data-testid="library"
      data-folder={folder}
      aria-label={t('shell.library')}
      inert={isInert}
      aria-busy={phase === 'loading'}
    >
      <MarkedFile />
      {phase === 'loading' && <Skeletons />}
      {phase === 'failed' && failure && <ErrorState key={folder} report={failure} onRetry={retry} />}
      {phase === 'ready' && <Folder />}
    </section>
  );
}

/** The file that another one is chosen for, in whatever folder is on screen. */
function MarkedFile() {
  const { t } = useTranslation();
  const marked = useLibrary((library) => library.marked);
  const unmark = useLibrary((library) => library.unmark);
  return (
    <div className="marked-bar" data-testid="marked-bar" data-shown={marked !== undefined}>
      {/* There before it says something: only then it is read out. */}
      <div className="marked-text" role="status">
        {marked && (
          <>
            <IconColumns2 size={15} aria-hidden="true" />
            <span>{t('library.marked')}</span>
            <span className="name" title={folderOf(marked.key) + marked.name}>
              <CutName name={marked.name} />
            </span>
            <span className="muted">{t('library.markedNext')}</span>
          </>
        )}
      </div>
      {marked && (
        <IconButton label={t('library.unmark')} shortcut="Esc" testId="unmark" onPress={unmark}>
          <IconX size={16} aria-hidden="true" />
        </IconButton>
      )}
    </div>
  );
}

function Folder() {
  const loaded = useLibrary((library) => library.loaded);
  const filter = useLibrary((library) => library.filter);
  const order = useLibrary((library) => library.order);
  // Typing stays immediate in a folder of 100,000: the list follows when there is time.
  const appliedFilter = useDeferredValue(filter);
  const entries = arranged({ loaded, filter: appliedFilter, order });
  const isFiltered = appliedFilter.trim() !== '';
  useWholeFolder(isFiltered || order !== 'name');
  if (countLoaded(loaded) === 0 && loaded.complete) return <EmptyFolder />;
  if (entries.length === 0 && loaded.complete) return <NoMatch filter={appliedFilter.trim()} />;
  return (
    <>
      <FolderBar shown={entries.length} isFiltered={isFiltered} />
      <EntryGrid entries={entries} />
    </>
  );
}

/** A filter or an order needs to see every name: loads page after page while one is set. */
function useWholeFolder(needed: boolean): void {
  const next = useLibrary((library) => library.loaded.next);
  const more = useLibrary((library) => library.more);
  const loadMore = useLibrary((library) => library.loadMore);
  useEffect(() => {
    if (needed && next !== undefined && more === 'idle') void loadMore();
  }, [needed, next, more, loadMore]);
}

function FolderBar({ shown, isFiltered }: { shown: number; isFiltered: boolean }) {
  const { t } = useTranslation();
  const complete = useLibrary((library) => library.loaded.complete);
  const more = useLibrary((library) => library.more);
  const loadMore = useLibrary((library) => library.loadMore);
  const words = { count: shown, formatted: formatCount(shown) };
  return (
    <div className="folder-bar">
      <p role="status">
        {isFiltered
          ? t('library.matches', words)
          : complete
            ? t('library.items', words)
            : t('library.itemsSoFar', { formatted: words.formatted })}
        {isFiltered && !complete && more !== 'failed' && <span className="muted"> · {t('library.searching')}</span>}
      </p>
      {more === 'failed' && (
        <p className="folder-problem" role="alert">
          {t('library.moreFailed')}
          <Button className="button small" onPress={() => void loadMore()}>
            {t('actions.retry')}
          </Button>
        </p>
      )}
      <ReadyAlertToggle />
      <SortMenu />
    </div>
  );
}

function ReadyAlertToggle() {
  const { t } = useTranslation();
  const folder = useLibrary((library) => library.loaded.folder);
  const isOn = useSession((session) => session.app?.settings.readyAlerts.includes(folder)) ?? false;
  const setReadyAlert = useSession((session) => session.setReadyAlert);
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <ToggleButton
        className="button quiet small ready-alert"
        isSelected={isOn}
        onChange={(on) => void setReadyAlert(folder, on)}
        data-testid="ready-alert"
      >
        {isOn ? <IconBellRinging size={15} aria-hidden="true" /> : <IconBell size={15} aria-hidden="true" />}
        {t(isOn ? 'library.readyAlertOn' : 'library.readyAlert')}
      </ToggleButton>
      <Tooltip className="tooltip" offset={6}>
        {t('library.readyAlertNote')}
      </Tooltip>
    </TooltipTrigger>
  );
}

function EmptyFolder() {
  const { t } = useTranslation();
  const folder = useLibrary((library) => library.loaded.folder);
  const chooseUploads = useSession((session) => session.chooseUploads);
  const storages = useSession((session) => session.app?.reading?.storages);
  const name = crumbsOf(folder).at(-1)?.name;
  const main = storages?.find(({ role }) => role === 'main')?.label ?? '';
  return (
    <StatePanel
      testId="empty-state"
      icon={<IconFolderOpen />}
      title={t('library.emptyTitle')}
      body={
        name === undefined ? t('library.emptyBody', { storage: main }) : t('library.emptyFolderBody', { folder: name })
      }
    >
      <div className="state-actions">
        <Button className="button primary" onPress={() => void chooseUploads(folder)}>
          {t('actions.chooseFiles')}
        </Button>
      </div>
    </StatePanel>
  );
}

function NoMatch({ filter }: { filter: string }) {
  const { t } = useTranslation();
  const setFilter = useLibrary((library) => library.setFilter);
  return (
    <StatePanel
      testId="empty-state"
      icon={<IconSearchOff />}
      title={t('library.noMatchTitle', { filter })}
      body={t('library.noMatchBody')}
    >
      <div className="state-actions">
        <Button className="button" onPress={() => setFilter('')}>
          {t('actions.clearFilter')}
        </Button>
      </div>
    </StatePanel>
  );
}

const SKELETONS = Array.from({ length: 15 }, (_, index) => index);

function Skeletons() {
  const { t } = useTranslation();
  return (
    <div className="skeletons" role="status" aria-label={t('library.loading')}>
      {SKELETONS.map((index) => (
        <div key={index} className="skeleton-card" aria-hidden="true">
          <div className="skeleton-picture" />
          <div className="skeleton-line" />
          <div className="skeleton-line short" />
        </div>
      ))}
    </div>
  );
}

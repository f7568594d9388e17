import { IconEye, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { WatchFolderStatus } from '../../shared/uploads.ts';
import { useSession } from '../store/context.tsx';
import { folderText } from '../text/folderText.ts';
import { formatCount } from '../text/format.ts';
import { ErrorText } from '../ui/ErrorText.tsx';
import { IconButton } from '../ui/IconButton.tsx';

const NONE: readonly WatchFolderStatus[] = [];

/** Local folders whose new files go up by themselves, with where to and how it goes. */
export function WatchFolders() {
  const { t } = useTranslation();
  const folders = useSession((session) => session.app?.watchFolders) ?? NONE;
  if (folders.length === 0) return <p className="muted">{t('uploads.foldersNone')}</p>;
  return (
    <ul className="watch-folders" data-testid="watch-folders">
      {folders.map((folder) => (
        <WatchFolderItem key={folder.id} folder={folder} />
      ))}
    </ul>
  );
}

function WatchFolderItem({ folder: watched }: { folder: WatchFolderStatus }) {
  const { id, path, folder, state, uploaded, waiting, error } = watched;
  const { t } = useTranslation();
  const pause = useSession((session) => session.pauseWatchFolder);
  const remove = useSession((session) => session.removeWatchFolder);
  const isPaused = state === 'paused';
  return (
    <li data-testid="watch-folder-item" data-state={state} data-id={id}>
      <span className="watch-folder-text">
        <span className="path">{path}</span>
        <span className="muted">{t('uploads.folderTo', { folder: folderText(folder, t) })}</span>
        <span className={state === 'unreachable' ? 'problem' : 'muted'}>
          {[
            t(`uploads.folderState.${state}`),
            t('uploads.folderCounts', { uploaded: formatCount(uploaded), waiting: formatCount(waiting) }),
          ].join(' · ')}
        </span>
        {error && (
          <span className="problem">
            <ErrorText report={error} />
          </span>
        )}
        <FolderLeftOut folder={watched} />
      </span>
      <IconButton
        className="small"
        testId="watch-folder-pause"
        label={t(isPaused ? 'uploads.folderResume' : 'uploads.folderPause', { path })}
        onPress={() => void pause(id, !isPaused)}
      >
        {isPaused ? <IconPlayerPlay size={15} aria-hidden="true" /> : <IconPlayerPause size={15} aria-hidden="true" />}
      </IconButton>
      <IconButton
        className="small"
        testId="watch-folder-remove"
        label={`${t('uploads.folderRemove', { path })}. ${t('uploads.folderRemoveNote')}`}
        onPress={() => void remove(id)}
      >
        <IconTrash size={15} aria-hidden="true" />
      </IconButton>
    </li>
  );
}

/** Files of the folder that are not uploaded. */
function FolderLeftOut({ folder: { leftOut } }: { folder: WatchFolderStatus }) {
  const { t } = useTranslation();
  const show = useSession((session) => session.showLeftOut);
  if (!leftOut) return null;
  return (
    <span className="problem" data-testid="watch-folder-left-out">
      {t('leftOut.folder', { count: leftOut.count, formatted: formatCount(leftOut.count) })}{' '}
      <Button className="button quiet small" onPress={() => show(leftOut)}>
        {t('leftOut.show')}
      </Button>
    </span>
  );
}

/** The watch folders in one row of the drawer: how many there are, and whether one of them cannot be reached. */
export function WatchFoldersSummary() {
  const { t } = useTranslation();
  const folders = useSession((session) => session.app?.watchFolders) ?? NONE;
  const showPanel = useSession((session) => session.showPanel);
  if (folders.length === 0) return null;
  const unreachable = folders.find(({ state }) => state === 'unreachable');
  const only = folders.length === 1 ? folders[0] : undefined;
  const counts = folders.reduce(
    (sum, { uploaded, waiting }) => ({ uploaded: sum.uploaded + uploaded, waiting: sum.waiting + waiting }),
    { uploaded: 0, waiting: 0 },
  );
  const leftOut = folders.reduce((sum, folder) => sum + (folder.leftOut?.count ?? 0), 0);
  const state = unreachable
    ? 'unreachable'
    : folders.every((folder) => folder.state === 'paused')
      ? 'paused'
      : 'watching';
  return (
    <div className="watch-folders-summary" data-testid="watch-folders" data-state={state}>
      <IconEye size={16} aria-hidden="true" />
      <span className="watch-folder-text">
        <span className="watch-folder-name" title={only?.path}>
          {only ? only.path : t('uploads.foldersCount', { count: folders.length })}
        </span>
        <span className={unreachable || leftOut > 0 ? 'problem' : 'muted'}>
          {[
            leftOut > 0 ? t('leftOut.folder', { count: leftOut, formatted: formatCount(leftOut) }) : undefined,
            unreachable && !only ? t('uploads.folderLost') : t(`uploads.folderState.${state}`),
            t('uploads.folderCounts', { uploaded: formatCount(counts.uploaded), waiting: formatCount(counts.waiting) }),
          ]
            .filter((part) => part !== undefined)
            .join(' · ')}
        </span>
      </span>
      <Button className="button quiet small" onPress={() => showPanel('settings')}>
        {t('uploads.folderManage')}
      </Button>
    </div>
  );
}

import { IconArrowLeft, IconChevronDown, IconChevronUp, IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { folderOf } from '../../shared/keys.ts';
import { hasPictures } from '../../shared/media.ts';
import type { Neighbours } from '../store/arrangement.ts';
import { useLibrary, useSession } from '../store/context.tsx';
import { formatCount } from '../text/format.ts';
import { CutName } from '../ui/CutName.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import { CompareMenu } from './compare/CompareMenu.tsx';
import { keysOf } from './playerKeys.ts';
import { useGoOn } from './useGoOn.ts';
import { useDownloadKey } from './usePlayerKeys.ts';

/** @param children where the media comes from. */
export function PlayerHead({ neighbours, children }: { neighbours: Neighbours; children: ReactNode }) {
  const { t } = useTranslation();
  const { file, position, total, previous, next } = neighbours;
  const { key, name } = file;
  const open = useLibrary((library) => library.open);
  const goOn = useGoOn();
  const download = useSession((session) => session.download);
  // A sequence is many files: there is no one copy of it.
  const canDownload = file.sequence === undefined;
  useDownloadKey(canDownload ? () => void download(key) : undefined);
  return (
    <div className="player-top">
      <IconButton label={t('player.back')} shortcut="Esc" onPress={() => open(undefined)}>
        <IconArrowLeft size={18} aria-hidden="true" />
      </IconButton>
      <h1 className="name" title={folderOf(key) + name}>
        <CutName name={name} />
      </h1>
      {children}
      <span className="player-position">
        {/* None in the folder on screen, where it was chosen in another one to be compared. */}
        {position > 0 && t('player.position', { position: formatCount(position), total: formatCount(total) })}
      </span>
      {hasPictures(file.kind) && <CompareMenu file={file} />}
      {canDownload && (
        <IconButton
          label={t('player.download')}
          shortcut={t('player.downloadKey')}
          testId="download"
          onPress={() => void download(key)}
        >
          <IconDownload size={18} aria-hidden="true" />
        </IconButton>
      )}
      <IconButton
        label={t('player.previous')}
        shortcut={keysOf('previous')}
        isDisabled={previous === undefined}
        onPress={() => goOn(previous)}
      >
        <IconChevronUp size={18} aria-hidden="true" />
      </IconButton>
      <IconButton
        label={t('player.next')}
        shortcut={keysOf('next')}
        isDisabled={next === undefined}
        onPress={() => goOn(next)}
      >
        <IconChevronDown size={18} aria-hidden="true" />
      </IconButton>
    </div>
  );
}

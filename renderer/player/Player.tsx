import { IconDownload, IconFile } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../shared/library.ts';
import { isLookedAtPicture } from '../../shared/media.ts';
import { arranged, type Neighbours, neighboursOf } from '../store/arrangement.ts';
import { useLibrary, useSession } from '../store/context.tsx';
import { StatePanel } from '../ui/StatePanel.tsx';
import { ComparePlayer } from './compare/ComparePlayer.tsx';
import { PlayerHead } from './PlayerHead.tsx';
import { playerMemory } from './playerMemory.ts';
import { SettledRoute } from './PlayerRoute.tsx';
import { PlayingMedia } from './PlayingMedia.tsx';
import { SequencePlayer } from './SequencePlayer.tsx';
import { useGoOn } from './useGoOn.ts';
import { useIdle } from './useIdle.ts';
import { usePlayerKeys } from './usePlayerKeys.ts';
import { fitView } from './view/viewStore.ts';

/** One file, large. The header stays, so that the region can be changed while it plays. */
export function Player({ opened }: { opened: LibraryFile }) {
  const root = useRef<HTMLElement>(null);
  const entries = useLibrary(arranged);
  const neighbours = useMemo(() => neighboursOf(entries, opened), [entries, opened]);
  const { file, previous, next } = neighbours;
  const compared = useLibrary((library) => library.compared);
  const goOn = useGoOn();
  const onFullScreen = (): void => void toggleFullScreen();
  const setWatching = useSession((session) => session.setWatching);
  useEffect(() => root.current?.focus(), []);
  useEffect(() => {
    setWatching(true);
    return () => {
      setWatching(false);
      void leaveFullScreen();
    };
  }, [setWatching]);
  const [isGoneTo] = useState(() => playerMemory.startOf(file.key).isGoneTo);
  useEffect(() => {
    if (!isGoneTo) fitView();
  }, [isGoneTo]);
  // Its first picture alone would be less than there is: the engine plays it.
  const [animated, setAnimated] = useState<string>();
  useIdle(root);
  usePlayerKeys((action) => {
    // While two are compared, the next one would end it.
    if (action === 'previous' && previous && !compared) goOn(previous);
    if (action === 'next' && next && !compared) goOn(next);
    if (action === 'full-screen') onFullScreen();
  });
  return (
    <section
      ref={root}
      className="player"
      data-testid="player"
      data-kind={file.kind}
      aria-label={file.name}
      tabIndex={-1}
    >
      {compared ? (
        <ComparePlayer file={file} other={compared} onFullScreen={onFullScreen} />
      ) : file.kind === 'other' ? (
        <NoPreview neighbours={neighbours} />
      ) : file.sequence || (isLookedAtPicture(file.name) && file.key !== animated) ? (
        <SequencePlayer neighbours={neighbours} onFullScreen={onFullScreen} onAnimated={() => setAnimated(file.key)} />
      ) : (
        <PlayingMedia neighbours={neighbours} onFullScreen={onFullScreen} />
      )}
    </section>
  );
}

/** A file that nothing here plays. */
function NoPreview({ neighbours }: { neighbours: Neighbours }) {
  const { file } = neighbours;
  const { t } = useTranslation();
  const download = useSession((session) => session.download);
  return (
    <>
      <PlayerHead neighbours={neighbours}>
        <SettledRoute file={file} route={file.route} />
      </PlayerHead>
      <div className="stage">
        <StatePanel
          testId="empty-state"
          icon={<IconFile />}
          title={t('player.noPreviewTitle')}
          body={
            file.sequence ? t('player.noPreviewSequence', { frames: file.sequence.frames }) : t('player.noPreviewBody')
          }
        >
          {!file.sequence && (
            <div className="state-actions">
              <Button className="button primary" onPress={() => void download(file.key)}>
                <IconDownload size={16} aria-hidden="true" />
                {t('player.download')}
              </Button>
            </div>
          )}
        </StatePanel>
      </div>
    </>
  );
}

/** Of the whole page, which the player fills then: menus and dialogs stand beside it, and the next file comes in its place. */
async function toggleFullScreen(): Promise<void> {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    // The system refused: the player stays as it is.
  }
}

/** Unless another file has come in its place. */
async function leaveFullScreen(): Promise<void> {
  await Promise.resolve();
  if (document.fullscreenElement && !document.querySelector('.player')) await toggleFullScreen();
}

import { IconArrowLeft, IconChevronDown, IconChevronUp, IconDownload, IconFile, IconMusic } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../shared/ipc.ts';
import { folderOf } from '../../shared/keys.ts';
import type { MediaKind } from '../../shared/media.ts';
import { identityOf } from '../store/entryIdentity.ts';
import { arrange } from '../store/libraryPages.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { isTyping } from '../ui/isTyping.ts';
import { StatePanel } from '../ui/StatePanel.tsx';
import { useLibrary, useNearplay, useSession } from '../store/context.tsx';
import { steadyNow } from '../ui/useNow.ts';
import { formatCount } from '../text/format.ts';
import { CutName } from '../ui/CutName.tsx';
import { PlayerError } from './PlayerError.tsx';
import { playerAction } from './playerKeys.ts';
import { INITIAL_PLAYER_LINK, type PlayerLink } from './playerLink.ts';
import { PlayerSession } from './playerSession.ts';
import { PlayerRoute, SettledRoute } from './PlayerRoute.tsx';
import { onSingleClick } from './singleClick.ts';
import { SequencePlayer } from './SequencePlayer.tsx';
import { ImageStage, PlaybackStage } from './stage.ts';
import { Controls } from './Controls.tsx';
import { STILL_TRANSPORT, Transport, type TransportControls, type TransportState } from './transport.ts';

/** One file, large. The header stays, so that the region can be changed while it plays. */
export function Player({ opened }: { opened: LibraryFile }) {
  const { t } = useTranslation();
  const root = useRef<HTMLElement>(null);
  const { file, position, total, previous, next } = useNeighbours(opened);
  const { key: fileKey, name, kind } = file;
  const download = useSession((session) => session.download);
  // A sequence is many files: there is no one copy of it.
  const canDownload = file.sequence === undefined;
  useDownloadKey(canDownload ? () => void download(fileKey) : undefined);
  const open = useLibrary((library) => library.open);
  useEffect(() => root.current?.focus(), []);
  useKeys((action) => {
    if (action === 'previous' && previous) open(previous);
    if (action === 'next' && next) open(next);
    if (action === 'full-screen') void toggleFullScreen(root.current);
  });
  return (
    <section ref={root} className="player" data-testid="player" data-kind={kind} aria-label={name} tabIndex={-1}>
      <Media fileKey={fileKey} file={file} kind={kind} fullScreen={() => void toggleFullScreen(root.current)}>
        {(route) => (
          <div className="player-top">
            <IconButton label={t('player.back')} shortcut="Esc" onPress={() => open(undefined)}>
              <IconArrowLeft size={18} aria-hidden="true" />
            </IconButton>
            <h1 className="name" title={folderOf(fileKey) + name}>
              <CutName name={name} />
            </h1>
            {route}
            <span className="player-position">
              {t('player.position', { position: formatCount(position), total: formatCount(total) })}
            </span>
            {canDownload && (
              <IconButton
                label={t('player.download')}
                shortcut={t('player.downloadKey')}
                testId="save-copy"
                onPress={() => void download(fileKey)}
              >
                <IconDownload size={18} aria-hidden="true" />
              </IconButton>
            )}
            <IconButton
              label={t('player.previous')}
              shortcut="↑"
              isDisabled={previous === undefined}
              onPress={() => open(previous)}
            >
              <IconChevronUp size={18} aria-hidden="true" />
            </IconButton>
            <IconButton
              label={t('player.next')}
              shortcut="↓"
              isDisabled={next === undefined}
              onPress={() => open(next)}
            >
              <IconChevronDown size={18} aria-hidden="true" />
            </IconButton>
          </div>
        )}
      </Media>
    </section>
  );
}

interface MediaProps {
  fileKey: string;
  file: LibraryFile;
  kind: MediaKind;
  fullScreen: () => void;
  children: (route: React.ReactNode) => React.ReactNode;
}

function Media({ fileKey, file, kind, fullScreen, children }: MediaProps) {
  if (kind === 'other') return <NoPreview {...{ fileKey, file, children }} />;
  if (file.sequence) {
    return <SequencePlayer {...{ fileKey, fullScreen, children }} sequence={file.sequence} useKeys={useSequenceKeys} />;
  }
  return (
    <PlayingMedia fileKey={fileKey} file={file} kind={kind} fullScreen={fullScreen}>
      {children}
    </PlayingMedia>
  );
}

function NoPreview({ fileKey, file, children }: Pick<MediaProps, 'fileKey' | 'file' | 'children'>) {
  const { t } = useTranslation();
  const download = useSession((session) => session.download);
  return (
    <>
      {children(<SettledRoute fileKey={fileKey} route={file.route} />)}
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
              <Button className="button primary" onPress={() => void download(fileKey)}>
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

type Slot = HTMLVideoElement | HTMLAudioElement | HTMLImageElement;

function PlayingMedia({ fileKey, kind, fullScreen, children }: MediaProps) {
  const first = useRef<Slot>(null);
  const second = useRef<Slot>(null);
  const { session, active } = usePlayerSession(fileKey, [first, second]);
  const state = useSyncExternalStore(
    session?.subscribe ?? subscribeToNothing,
    () => session?.state ?? INITIAL_PLAYER_LINK,
  );
  const download = useSession((session) => session.download);
  const { transport, shown } = useTransport(active === 0 ? first : second, kind !== 'image' && session !== undefined);
  useTransportKeys(transport, kind);
  useGoOnWhenOnline(session);
  const slots = [first, second].map((ref, index) => {
    const common = {
      key: index,
      className: 'slot',
      'data-active': index === active,
      ...(index === active ? { 'data-testid': 'player-media' } : { 'aria-hidden': true }),
    };
    const { key, ...rest } = common;
    if (kind === 'image')
      return <img key={key} {...rest} ref={refTo(ref)} alt={index === active ? fileKey : ''} draggable={false} />;
    if (kind === 'audio') return <audio key={key} {...rest} ref={refTo(ref)} />;
    return (
      <video key={key} {...rest} ref={refTo(ref)} playsInline onClick={onSingleClick(() => transport?.togglePlay())} />
    );
  });
  return (
    <>
      {children(<PlayerRoute state={state} kind={kind} />)}
      <div className="stage" data-phase={state.phase} data-waiting={isWaiting(state, shown, kind)}>
        {slots}
        {kind === 'audio' && <AudioPicture playing={!shown.paused} />}
        {isWaiting(state, shown, kind) && <div className="spinner" aria-hidden="true" />}
        {state.phase === 'failed' && state.failure && (
          <PlayerError
            failure={state.failure}
            kind={kind}
            onRetry={() => session?.dispatch({ type: 'retried' })}
            onDownload={() => void download(fileKey)}
          />
        )}
      </div>
      {kind !== 'image' && state.phase !== 'failed' && (
        <Controls transport={transport} shown={shown} kind={kind} fullScreen={fullScreen} />
      )}
    </>
  );
}

function isWaiting(state: PlayerLink, shown: TransportState, kind: MediaKind): boolean {
  return (
    state.phase === 'opening' ||
    state.broken !== undefined ||
    (state.phase === 'playing' && kind !== 'image' && shown.waiting)
  );
}

function refTo(ref: React.RefObject<Slot | null>): (element: Slot | null) => void {
  return (element) => {
    ref.current = element;
  };
}

function subscribeToNothing(): () => void {
  return () => undefined;
}

/** Sound has no picture: a sign that it plays, and nothing that could be taken for a measurement of it. */
function AudioPicture({ playing }: { playing: boolean }) {
  return (
    <div className="audio-picture" data-playing={playing} aria-hidden="true">
      <IconMusic size={52} stroke={1.25} />
    </div>
  );
}

function usePlayerSession(
  fileKey: string,
  [first, second]: readonly [React.RefObject<Slot | null>, React.RefObject<Slot | null>],
): { session: PlayerSession | undefined; active: 0 | 1 } {
  const { api, session: store } = useNearplay();
  const [session, setSession] = useState<PlayerSession>();
  const [active, setActive] = useState<0 | 1>(0);
  useEffect(() => {
    const player = new PlayerSession(api, fileKey, { clock: steadyNow, now: Date.now });
    const [one, two] = [first.current, second.current];
    // At once: the element that was on screen is emptied next, and must not be seen empty.
    const show = (index: 0 | 1): void => flushSync(() => setActive(index));
    if (one instanceof HTMLMediaElement && two instanceof HTMLMediaElement) {
      player.open(new PlaybackStage([one, two], player.dispatch, show));
    } else if (one instanceof HTMLImageElement && two instanceof HTMLImageElement) {
      player.open(new ImageStage([one, two], player.dispatch, show));
    }
    setSession(player);
    const end = store.subscribe(({ routesVersion }, before) => {
      if (routesVersion !== before.routesVersion) player.dispatch({ type: 'route-suspect' });
    });
    return () => {
      end();
      player.dispose();
    };
  }, [api, store, fileKey, first, second]);
  return { session, active };
}

/** A computer that is back on the network goes on where it was, without being asked. */
function useGoOnWhenOnline(session: PlayerSession | undefined): void {
  const online = useSession((store) => store.online);
  useEffect(() => {
    if (online && session?.state.phase === 'failed') session.dispatch({ type: 'retried' });
  }, [online, session]);
}

function useTransport(
  element: React.RefObject<Slot | null>,
  wanted: boolean,
): { transport: Transport | undefined; shown: TransportState } {
  const [transport, setTransport] = useState<Transport>();
  const [shown, setShown] = useState(STILL_TRANSPORT);
  // The rate was measured on the first source; the same file from elsewhere has the same.
  const frameRate = useRef<number>(undefined);
  useEffect(() => {
    const media = element.current;
    if (!wanted || !(media instanceof HTMLMediaElement)) return undefined;
    const made = new Transport(media, frameRate.current, setShown);
    setTransport(made);
    return () => {
      if (made.isMeasured) frameRate.current = made.frameRate;
      made.dispose();
    };
  }, [element, wanted]);
  return { transport, shown };
}

function useSequenceKeys(transport: TransportControls | undefined): void {
  useTransportKeys(transport, 'video');
}

/** Ctrl+S and Cmd+S, as everywhere. */
function useDownloadKey(save: (() => void) | undefined): void {
  const { session } = useNearplay();
  const newest = useRef(save);
  newest.current = save;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const isSave = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 's';
      if (!isSave || session.getState().panel) return;
      event.preventDefault();
      newest.current?.();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [session]);
}

function useTransportKeys(transport: TransportControls | undefined, kind: MediaKind): void {
  useKeys((action) => {
    if (!transport || kind === 'image') return;
    const acts: Partial<Record<typeof action, () => void>> = {
      'toggle-play': () => transport.togglePlay(),
      'shuttle-back': () => transport.shuttle(-1),
      pause: () => transport.pause(),
      'shuttle-forward': () => transport.shuttle(1),
      'frame-back': () => transport.stepFrames(-1),
      'frame-forward': () => transport.stepFrames(1),
      'second-back': () => transport.skip(-1),
      'second-forward': () => transport.skip(1),
      start: () => transport.seek(0),
      end: () => transport.seekToEnd(),
      mute: () => transport.toggleMute(),
    };
    acts[action]?.();
  });
}

/** Calls back for keys that mean something to the player, unless a dialog, a field or a focused control takes them. */
function useKeys(act: (action: NonNullable<ReturnType<typeof playerAction>>) => void): void {
  const { session } = useNearplay();
  const newest = useRef(act);
  newest.current = act;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const action = playerAction(event);
      if (action === undefined || session.getState().panel || isTyping(event.target)) return;
      const onControl = event.target instanceof HTMLElement && event.target.matches('button, a, [role="menuitem"]');
      const onSlider = event.target instanceof HTMLInputElement;
      if ((onControl && event.key === ' ') || (onSlider && /^(Arrow|Home|End)/.test(event.key))) return;
      event.preventDefault();
      newest.current(action);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [session]);
}

interface Neighbours {
  /** As it is listed now; as it was opened where it is not in the list any more. */
  file: LibraryFile;
  /** 1-based among the files of the folder. */
  position: number;
  total: number;
  previous: LibraryFile | undefined;
  next: LibraryFile | undefined;
}

/** The files before and after, in the order in which the library shows them. */
function useNeighbours(opened: LibraryFile): Neighbours {
  const loaded = useLibrary((library) => library.loaded);
  const filter = useLibrary((library) => library.filter);
  const order = useLibrary((library) => library.order);
  const files = useMemo(
    () => arrange(loaded, filter, order).filter((entry): entry is LibraryFile => entry.type === 'file'),
    [loaded, filter, order],
  );
  const id = identityOf(opened);
  const index = files.findIndex((file) => identityOf(file) === id);
  return {
    file: files[index] ?? opened,
    position: index + 1,
    total: files.length,
    previous: files[index - 1],
    next: index < 0 ? undefined : files[index + 1],
  };
}

async function toggleFullScreen(element: HTMLElement | null): Promise<void> {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await element?.requestFullscreen();
  } catch {
    // The system refused: the player stays as it is.
  }
}

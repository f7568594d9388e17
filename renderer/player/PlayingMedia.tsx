import { IconMusic } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { MediaKind } from '../../shared/media.ts';
import type { Neighbours } from '../store/arrangement.ts';
import { useSession } from '../store/context.tsx';
import { Controls } from './Controls.tsx';
import { DecodedFilm } from './decoded/DecodedFilm.tsx';
import { decodeHere, isDecodedHere, mayBeDecoded } from './decoded/engineChoice.ts';
import type { FilmMoment } from './fasterSource.ts';
import { ENOUGH_S, NO_PLAYBACK, type PlaybackMoment } from './playbackNeed.ts';
import { PlayerError } from './PlayerError.tsx';
import { PlayerHead } from './PlayerHead.tsx';
import type { PlayerLink } from './playerLink.ts';
import { playerMemory } from './playerMemory.ts';
import { PlayerRoute } from './PlayerRoute.tsx';
import type { PlayerSession } from './playerSession.ts';
import { WHOLE_FILM } from './playRange.ts';
import { onSingleClick } from './singleClick.ts';
import { ImageStage, PlaybackStage } from './stage.ts';
import type { FrameTable } from './table/frameTable.ts';
import { bufferedEnd, STILL_TRANSPORT, Transport, type TransportState } from './transport.ts';
import { useFasterSource } from './useFasterSource.ts';
import { useFrameTable } from './useFrameTable.ts';
import { usePlaybackNeed } from './usePlaybackNeed.ts';
import { useTransportKeys } from './usePlayerKeys.ts';
import { usePlayerSession } from './usePlayerSession.ts';
import { usePlayOn } from './usePlayOn.ts';
import { StageView } from './view/StageView.tsx';

type Slot = HTMLVideoElement | HTMLAudioElement | HTMLImageElement;

interface PlayingMediaProps {
  neighbours: Neighbours;
  onFullScreen: () => void;
}

/** A video, a sound or a still: in media elements, or decoded here where no element plays it. */
export function PlayingMedia(props: PlayingMediaProps) {
  const { key } = props.neighbours.file;
  const [isDecoded, setIsDecoded] = useState(() => isDecodedHere(key));
  if (isDecoded) return <DecodedFilm {...props} />;
  return (
    <MediaInElements
      {...props}
      onUnplayable={() => {
        decodeHere(key);
        setIsDecoded(true);
      }}
    />
  );
}

/** Two elements, so that another source takes over without a gap. */
function MediaInElements({ neighbours, onFullScreen, onUnplayable }: PlayingMediaProps & { onUnplayable: () => void }) {
  const { key, kind } = neighbours.file;
  const first = useRef<Slot>(null);
  const second = useRef<Slot>(null);
  const { session, state, active } = useElementSession(key, [first, second]);
  const download = useSession((session) => session.download);
  const table = useFrameTable(state.link, kind === 'video', () => isSpared((active === 0 ? first : second).current));
  const { transport, shown } = useTransport(
    key,
    active === 0 ? first : second,
    kind !== 'image' && session !== undefined,
    table,
  );
  usePlayOn(shown, neighbours);
  useTransportKeys(transport, kind);
  usePlaybackNeed(() => momentOfMedia((active === 0 ? first : second).current));
  useFasterSource(session, () => filmMomentOf((active === 0 ? first : second).current));
  const isTriedElsewhere = kind === 'video' && table !== null && mayBeDecoded(state.failure);
  const isHandedOver = isTriedElsewhere && table !== undefined;
  useEffect(() => {
    if (isHandedOver) onUnplayable();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, [isHandedOver]);
  const waits = isWaiting(state, shown, kind) || isTriedElsewhere;
  const slots = [first, second].map((ref, index) => {
    const rest = {
      className: 'slot',
      'data-active': index === active,
      ...(index === active ? { 'data-testid': 'player-media' } : { 'aria-hidden': true }),
    };
    if (kind === 'image')
      return <img key={index} {...rest} ref={refTo(ref)} alt={index === active ? key : ''} draggable={false} />;
    if (kind === 'audio') return <audio key={index} {...rest} ref={refTo(ref)} />;
    return (
      <video
        key={index}
        {...rest}
        ref={refTo(ref)}
        playsInline
        onClick={onSingleClick(() => transport?.togglePlay())}
      />
    );
  });
  return (
    <>
      <PlayerHead neighbours={neighbours}>
        <PlayerRoute state={state} kind={kind} />
      </PlayerHead>
      <div
        className="stage"
        data-phase={state.phase}
        data-waiting={waits}
        data-settled={shown.settled}
        {...(shown.frame !== undefined && { 'data-frame': shown.frame })}
      >
        {slots}
        {kind !== 'audio' && <StageView />}
        {kind === 'audio' && <AudioPicture playing={!shown.paused} />}
        {waits && <div className="spinner" aria-hidden="true" />}
        {state.phase === 'failed' && state.failure && !isTriedElsewhere && (
          <PlayerError
            failure={state.failure}
            kind={kind}
            onRetry={() => session?.dispatch({ type: 'retried' })}
            onDownload={() => void download(key)}
          />
        )}
      </div>
      {kind !== 'image' && state.phase !== 'failed' && (
        <Controls transport={transport} shown={shown} kind={kind} onFullScreen={onFullScreen} />
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

function momentOfMedia(media: Slot | null): PlaybackMoment {
  if (!(media instanceof HTMLMediaElement) || media.error) return NO_PLAYBACK;
  const end = bufferedEnd(media);
  return {
    isWanting: media.seeking || (!media.paused && !media.ended),
    ahead: Math.max(0, end - media.currentTime) / media.playbackRate,
    // An engine whose buffer is full stops loading, and says so.
    isFull: end >= media.duration || (media.networkState === HTMLMediaElement.NETWORK_IDLE && !media.seeking),
  };
}

function filmMomentOf(media: Slot | null): FilmMoment | undefined {
  if (!(media instanceof HTMLMediaElement) || media.paused || media.ended || !(media.duration > 0)) return undefined;
  const { ahead, isFull } = momentOfMedia(media);
  const { currentTime: position, duration, playbackRate: speed } = media;
  const loaded = Math.max(position, bufferedEnd(media));
  return { at: performance.now(), isLoading: !isFull, loaded, ahead: ahead * speed, speed, duration, position };
}

/** Its picture is there, and it has as much ahead as it needs. */
function isSpared(media: Slot | null): boolean {
  if (!(media instanceof HTMLMediaElement)) return false;
  // Of an element that plays nothing, nothing is taken.
  if (media.error || !media.hasAttribute('src')) return true;
  if (media.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return false;
  const { isWanting, ahead, isFull } = momentOfMedia(media);
  return !isWanting || isFull || ahead >= ENOUGH_S;
}

function refTo(ref: React.RefObject<Slot | null>): (element: Slot | null) => void {
  return (element) => {
    ref.current = element;
  };
}

/** Sound has no picture: a sign that it plays, and nothing that could be taken for a measurement of it. */
function AudioPicture({ playing }: { playing: boolean }) {
  return (
    <div className="audio-picture" data-playing={playing} aria-hidden="true">
      <IconMusic size={52} stroke={1.25} />
    </div>
  );
}

function useElementSession(
  key: string,
  [first, second]: readonly [React.RefObject<Slot | null>, React.RefObject<Slot | null>],
): { session: PlayerSession | undefined; state: PlayerLink; active: 0 | 1 } {
  const [active, setActive] = useState<0 | 1>(0);
  const { session, state } = usePlayerSession(key, (player) => {
    const [one, two] = [first.current, second.current];
    // At once: the element that was on screen is emptied next, and must not be seen empty.
    const show = (index: 0 | 1): void => flushSync(() => setActive(index));
    if (one instanceof HTMLMediaElement && two instanceof HTMLMediaElement)
      return new PlaybackStage([one, two], player.dispatch, show, playerMemory.startOf(key));
    if (one instanceof HTMLImageElement && two instanceof HTMLImageElement)
      return new ImageStage([one, two], player.dispatch, show);
    return undefined;
  });
  return { session, state, active };
}

function useTransport(
  key: string,
  element: React.RefObject<Slot | null>,
  wanted: boolean,
  table: FrameTable | null | undefined,
): { transport: Transport | undefined; shown: TransportState } {
  const [transport, setTransport] = useState<Transport>();
  const [shown, setShown] = useState(STILL_TRANSPORT);
  const [start] = useState(() => playerMemory.startOf(key));
  const range = useRef({ ...WHOLE_FILM, repeat: start.repeat });
  useEffect(() => {
    const media = element.current;
    if (!wanted || !(media instanceof HTMLMediaElement)) return undefined;
    const made = new Transport(
      media,
      (state, atOnce) => {
        const { muted, volume, paused, speed, time, frame } = state;
        range.current = state.range;
        playerMemory.keep({ muted, volume, paused, speed, time, frame, repeat: state.range.repeat });
        // A picture and its number are drawn together.
        if (atOnce) flushSync(() => setShown(state));
        else setShown(state);
      },
      range.current,
    );
    const arrived = (): void => playerMemory.arrived();
    media.addEventListener('loadeddata', arrived);
    setTransport(made);
    return () => {
      media.removeEventListener('loadeddata', arrived);
      made.dispose();
    };
  }, [element, wanted]);
  useEffect(() => {
    if (table !== undefined) transport?.setTable(table);
  }, [transport, table]);
  const isPlaced = useRef(start.frame === undefined);
  useEffect(() => {
    if (!transport || !table || isPlaced.current) return;
    isPlaced.current = true;
    const { frame = 0, time, paused } = start;
    // Where the one before had the same times, it begins there: what plays needs no other place.
    const isElsewhere = paused || (frame < table.count && Math.abs(table.frameOn(time) - frame) > 1);
    if (isElsewhere) transport.seekToFrame(frame);
  }, [transport, table, start]);
  return { transport, shown };
}

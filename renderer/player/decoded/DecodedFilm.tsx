import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { Neighbours } from '../../store/arrangement.ts';
import { useSession } from '../../store/context.tsx';
import { Controls } from '../Controls.tsx';
import type { FilmMoment } from '../fasterSource.ts';
import { NO_PLAYBACK } from '../playbackNeed.ts';
import { PlayerError } from '../PlayerError.tsx';
import { PlayerHead } from '../PlayerHead.tsx';
import type { PlayerLink } from '../playerLink.ts';
import { playerMemory } from '../playerMemory.ts';
import { PlayerRoute } from '../PlayerRoute.tsx';
import type { PlayerSession } from '../playerSession.ts';
import { onSingleClick } from '../singleClick.ts';
import { STILL_TRANSPORT, type TransportState } from '../transport.ts';
import { useFasterSource } from '../useFasterSource.ts';
import { useFrameTable } from '../useFrameTable.ts';
import { usePlaybackNeed } from '../usePlaybackNeed.ts';
import { useTransportKeys } from '../usePlayerKeys.ts';
import { PLAYER_CLOCKS, usePlayerSession } from '../usePlayerSession.ts';
import { usePlayOn } from '../usePlayOn.ts';
import { StageView } from '../view/StageView.tsx';
import { DecodedStage, type OpenedFilm } from './decodedStage.ts';
import { DecodedTransport } from './decodedTransport.ts';
import { drawPicture } from './drawPicture.ts';
import { PlayClock } from './playClock.ts';

interface DecodedFilmProps {
  neighbours: Neighbours;
  onFullScreen: () => void;
}

/** A film that no media element plays, as pictures that are decoded and drawn here. */
export function DecodedFilm({ neighbours, onFullScreen }: DecodedFilmProps) {
  const { t } = useTranslation();
  const { key } = neighbours.file;
  const download = useSession((session) => session.download);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { session, state, transport, shown, isBroken, hasSound } = useDecodedFilm(key, canvas);
  usePlayOn(shown, neighbours);
  useTransportKeys(transport, 'video');
  usePlaybackNeed(() => transport?.moment ?? NO_PLAYBACK);
  const isWaiting =
    state.phase !== 'failed' && (shown.frame === undefined || shown.waiting || state.broken !== undefined);
  return (
    <>
      <PlayerHead neighbours={neighbours}>
        <PlayerRoute state={state} kind="video" />
      </PlayerHead>
      <div
        className="stage"
        data-phase={state.phase}
        data-waiting={isWaiting}
        data-settled={shown.settled}
        {...(shown.frame !== undefined && { 'data-frame': shown.frame })}
      >
        <canvas
          ref={canvas}
          className="slot"
          data-active
          data-testid="player-media"
          role="img"
          aria-label={key}
          onClick={onSingleClick(() => transport?.togglePlay())}
        />
        <StageView />
        {isBroken && <p className="stage-note">{t('player.frameBroken')}</p>}
        {isWaiting && <div className="spinner" aria-hidden="true" />}
        {state.phase === 'failed' && state.failure && (
          <PlayerError
            failure={state.failure}
            kind="video"
            onRetry={() => session?.dispatch({ type: 'retried' })}
            onDownload={() => void download(key)}
          />
        )}
      </div>
      {state.phase !== 'failed' && (
        <Controls transport={transport} shown={shown} kind="video" silent={!hasSound} onFullScreen={onFullScreen} />
      )}
    </>
  );
}

/** By the bytes that arrive: how fast they are decoded is no affair of the source. */
function momentOf(arriving: DecodedStage['arriving'], transport: DecodedTransport | undefined): FilmMoment | undefined {
  if (!arriving || !transport || transport.paused) return undefined;
  const { duration, time, speed, ahead } = transport.place;
  return {
    at: performance.now(),
    isLoading: arriving.isWaiting,
    loaded: arriving.bytes * (duration / arriving.size),
    ahead,
    speed: Math.abs(speed),
    duration,
    position: time,
  };
}

interface PlayingFilm {
  session: PlayerSession | undefined;
  state: PlayerLink;
  transport: DecodedTransport | undefined;
  shown: TransportState;
  /** The picture on screen could not be decoded. */
  isBroken: boolean;
  hasSound: boolean;
}

function useDecodedFilm(key: string, canvas: React.RefObject<HTMLCanvasElement | null>): PlayingFilm {
  const [opened, setOpened] = useState<OpenedFilm>();
  const [transport, setTransport] = useState<DecodedTransport>();
  const [shown, setShown] = useState(STILL_TRANSPORT);
  const [isBroken, setIsBroken] = useState(false);
  const stage = useRef<DecodedStage>(undefined);
  const playing = useRef<DecodedTransport>(undefined);
  const { session, state } = usePlayerSession(key, (player) => {
    stage.current = new DecodedStage({
      dispatch: player.dispatch,
      createLink: (failed) => {
        const { faster } = player.state;
        return player.createLink({ failed, faster: faster?.storage === failed ? undefined : faster });
      },
      clock: PLAYER_CLOCKS.clock,
      opened: setOpened,
      arrived: () => playing.current?.arrived(),
    });
    return stage.current;
  });
  // Nothing plays before its table is there.
  const table = useFrameTable(state.link, true, () => true);
  useEffect(() => stage.current?.setTable(table), [table, session]);
  useFasterSource(session, () => momentOf(stage.current?.arriving, playing.current));
  useEffect(() => {
    if (!opened) return undefined;
    const { film, pictures, table } = opened;
    const before = playing.current;
    const kept = playerMemory.startOf(key);
    const made = new DecodedTransport({
      ...{ table, pictures, sound: film.sound, clock: new PlayClock(() => film.sound?.time) },
      draw: (picture) => {
        if (canvas.current) drawPicture(canvas.current, picture, film.placement);
        setIsBroken(picture.image === undefined);
        playerMemory.arrived();
      },
      changed: (now, atOnce) => {
        const { muted, volume, paused, speed, frame, range } = now;
        const time = frame === undefined ? now.time : table.middleOf(frame);
        playerMemory.keep({ muted, volume, paused, speed, time, frame, repeat: range.repeat });
        // A picture and its number are drawn together.
        if (atOnce) flushSync(() => setShown(now));
        else setShown(now);
      },
      // A film that is opened again goes on where it was.
      start: before ? { ...kept, frame: before.index, paused: before.paused, range: before.range } : kept,
    });
    playing.current = made;
    setTransport(made);
    return () => made.dispose();
  }, [opened, key, canvas]);
  return { session, state, transport, shown, isBroken, hasSound: opened?.film.sound !== undefined };
}

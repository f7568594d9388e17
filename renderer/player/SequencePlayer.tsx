import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FrameSequence } from '../../shared/library.ts';
import type { SequenceLinks } from '../../shared/link.ts';
import type { StorageSummary } from '../../shared/reading.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import { reportOf } from '../api.ts';
import type { Neighbours } from '../store/arrangement.ts';
import { useNearplay, useSession } from '../store/context.tsx';
import { Controls } from './Controls.tsx';
import { fetchFrame, FrameCache } from './frameCache.ts';
import { NO_PLAYBACK } from './playbackNeed.ts';
import { PlayerError } from './PlayerError.tsx';
import { PlayerHead } from './PlayerHead.tsx';
import type { PlayerFailure } from './playerLink.ts';
import { playerMemory } from './playerMemory.ts';
import { SettledRoute } from './PlayerRoute.tsx';
import { SequenceTransport } from './sequenceTransport.ts';
import { onSingleClick } from './singleClick.ts';
import { probeSource } from './sourceProbe.ts';
import { STILL_TRANSPORT, type TransportControls, type TransportState } from './transport.ts';
import { usePlaybackNeed } from './usePlaybackNeed.ts';
import { useTransportKeys } from './usePlayerKeys.ts';
import { usePlayOn } from './usePlayOn.ts';
import { StageView } from './view/StageView.tsx';

const RENEW_BEFORE_END_MS = MINUTE_MS;
/** A frame that fails is tried with fresh links once in so long, milliseconds. */
const MIN_RENEWAL_MS = 5 * SECOND_MS;

interface SequencePlayerProps {
  neighbours: Neighbours;
  sequence: FrameSequence;
  onFullScreen: () => void;
}

/** The frames of a sequence, one after the other at 24 a second. */
export function SequencePlayer({ neighbours, sequence, onFullScreen }: SequencePlayerProps) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [attempt, setAttempt] = useState(0);
  const { links, transport, shown, failure } = useSequence(neighbours.file.key, sequence, canvas, attempt);
  usePlayOn(shown, neighbours);
  useTransportKeys(transport, 'video');
  const number = links?.frames[shown.frame ?? 0]?.number ?? sequence.first;
  const isWaiting = !failure && (!links || shown.waiting);
  return (
    <>
      <PlayerHead neighbours={neighbours}>
        {links && <SettledRoute file={neighbours.file} route={links.route} />}
      </PlayerHead>
      <div className="stage" data-phase={failure ? 'failed' : 'playing'} data-waiting={isWaiting}>
        <canvas
          ref={canvas}
          className="slot"
          data-active
          data-testid="player-media"
          data-frame={number}
          role="img"
          aria-label={t('player.frame', { frame: number })}
          onClick={onSingleClick(() => transport?.togglePlay())}
        />
        <StageView />
        {isWaiting && <div className="spinner" aria-hidden="true" />}
        {failure && <PlayerError failure={failure} kind="image" onRetry={() => setAttempt((count) => count + 1)} />}
      </div>
      {!failure && (
        <Controls
          transport={transport}
          shown={shown}
          kind="video"
          silent
          numbers={links?.frames}
          onFullScreen={onFullScreen}
        />
      )}
    </>
  );
}

interface PlayingSequence {
  links: SequenceLinks | undefined;
  transport: TransportControls | undefined;
  shown: TransportState;
  failure: PlayerFailure | undefined;
}

function useSequence(
  key: string,
  { id, count: expected }: FrameSequence,
  canvas: React.RefObject<HTMLCanvasElement | null>,
  attempt: number,
): PlayingSequence {
  const { api } = useNearplay();
  const routesVersion = useSession((session) => session.routesVersion);
  const [links, setLinks] = useState<SequenceLinks>();
  const [transport, setTransport] = useState<SequenceTransport>();
  const [shown, setShown] = useState(STILL_TRANSPORT);
  const [failure, setFailure] = useState<PlayerFailure>();
  const newest = useRef<SequenceLinks>(undefined);
  usePlaybackNeed(() => transport?.moment ?? NO_PLAYBACK);
  const storages = useRef<readonly StorageSummary[]>(undefined);
  storages.current = useSession((session) => session.app?.reading?.storages);
  const [first] = useState(() => Promise.withResolvers<undefined>());
  // The transport is there before the links: what is pressed while they are on their way counts.
  const count = links?.frames.length ?? expected;

  const renew = useRef<() => Promise<void>>(undefined);
  renew.current = async () => {
    try {
      newest.current = await api.createSequenceLinks({ id });
      first.resolve(undefined);
      setLinks(newest.current);
    } catch (error) {
      // Frames go on from the links that are there, as long as they hold.
      if (!newest.current) setFailure({ kind: 'report', report: reportOf(error) });
    }
  };
  // After a change of region, too: frames in memory stay, the next ones come from there.
  useEffect(() => {
    setFailure(undefined);
    void renew.current?.();
  }, [attempt, routesVersion]);

  const expiresAt = links?.expiresAt;
  useEffect(() => {
    if (expiresAt === undefined) return undefined;
    const timer = setTimeout(
      () => void renew.current?.(),
      Math.max(MIN_RENEWAL_MS, expiresAt - RENEW_BEFORE_END_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [expiresAt]);

  useEffect(() => {
    if (count === 0) return undefined;
    let answeredAt = -Infinity;
    const cache: FrameCache = new FrameCache(
      count,
      async (index, signal) => {
        await Promise.race([first.promise, aborted(signal)]);
        signal.throwIfAborted();
        return fetchFrame(newest.current?.frames[index]?.url ?? '', signal);
      },
      {
        arrived: () => undefined,
        failed: (index) => {
          if (performance.now() - answeredAt < MIN_RENEWAL_MS) {
            if (index === player.index) void examine(index);
            return;
          }
          answeredAt = performance.now();
          void renew.current?.().then(() => cache.want(player.index, 1));
        },
      },
    );
    /** Why the frame in front of the eyes cannot be shown: the storage, or the frame itself. */
    const examine = async (index: number): Promise<void> => {
      const frame = newest.current?.frames[index];
      if (!newest.current || !frame) return;
      const { region, route } = newest.current;
      const bucket = storages.current?.find(({ name }) => name === route.storage)?.bucket ?? route.storage;
      const finding = await probeSource({ url: frame.url, bucket, region, key: `${frame.number}` }, 'unsupported');
      if (index === player.index) setFailure({ kind: 'media', ...finding });
    };
    const show = (_index: number, frame: ImageBitmap): void => {
      const target = canvas.current;
      if (!target) return;
      if (target.width !== frame.width) target.width = frame.width;
      if (target.height !== frame.height) target.height = frame.height;
      target.getContext('2d')?.drawImage(frame, 0, 0);
    };
    const changed = (state: TransportState): void => {
      const { paused, speed, time, frame, range } = state;
      playerMemory.keep({ paused, speed, time, frame, repeat: range.repeat });
      if (frame !== undefined) playerMemory.arrived();
      setShown(state);
    };
    const player = new SequenceTransport(count, cache, { show, changed }, playerMemory.startOf(key));
    setTransport(player);
    return () => {
      player.dispose();
      cache.dispose();
    };
  }, [key, count, attempt, canvas, first]);

  return { links, transport, shown, failure };
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

import { IconPhotoOff } from '@tabler/icons-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../shared/library.ts';
import { isLookedAtPicture } from '../../shared/media.ts';
import type { StorageSummary } from '../../shared/reading.ts';
import { reportOf } from '../api.ts';
import type { Looking } from '../images/looking.ts';
import { PictureCanvas } from '../images/pictureCanvas.ts';
import type { Neighbours } from '../store/arrangement.ts';
import { useNearplay, useSession, useStorages } from '../store/context.tsx';
import { Controls } from './Controls.tsx';
import { FrameCache } from './frameCache.ts';
import { frameFailure } from './frameFailure.ts';
import { type FailedFrame, FrameLinks, type FrameSet } from './frameLinks.ts';
import { type LoadedFrame, loadFrame } from './frameLoader.ts';
import { LookingBar } from './LookingBar.tsx';
import { lookingAfter } from './lookingKeys.ts';
import { lookingMemory } from './lookingMemory.ts';
import { pictureFaultText } from './pictureFaultText.ts';
import { PixelValues } from './PixelValues.tsx';
import { NO_PLAYBACK } from './playbackNeed.ts';
import { PlayerError } from './PlayerError.tsx';
import { PlayerHead } from './PlayerHead.tsx';
import type { PlayerFailure } from './playerLink.ts';
import { playerMemory } from './playerMemory.ts';
import { SettledRoute } from './PlayerRoute.tsx';
import { expectedSlots, type Slot, slotsOf } from './sequenceSlots.ts';
import { SequenceTransport } from './sequenceTransport.ts';
import { onSingleClick } from './singleClick.ts';
import { STILL_TRANSPORT, type TransportState } from './transport.ts';
import { usePlaybackNeed } from './usePlaybackNeed.ts';
import { usePlayerKeys, useTransportKeys } from './usePlayerKeys.ts';
import { usePlayOn } from './usePlayOn.ts';
import { StageView } from './view/StageView.tsx';

interface SequencePlayerProps {
  neighbours: Neighbours;
  onFullScreen: () => void;
  /** The still that is shown moves. */
  onAnimated: () => void;
}

/** Pictures that are decoded one by one: the frames of a sequence at a chosen rate, or one still. */
export function SequencePlayer({ neighbours, onFullScreen, onAnimated }: SequencePlayerProps) {
  const { file } = neighbours;
  const { sequence } = file;
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [looking, setLooking] = useState(lookingMemory.looking);
  const [rate, setRate] = useState(lookingMemory.rate);
  const [layer, setLayer] = useState<string>();
  const change = useCallback((next: Looking) => {
    lookingMemory.looking = next;
    setLooking(next);
  }, []);
  const { set, slots, transport, shown, frame, failure } = useFrames(file, layer, attempt);
  usePictureCanvas(canvas, frame, looking);
  usePlayerKeys((action) => {
    const after = lookingAfter(looking, action);
    if (after) change(after);
  });
  const isAnimated = !sequence && frame?.is === 'picture' && frame.picture.isAnimated === true;
  useEffect(() => {
    if (isAnimated) onAnimated();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, [isAnimated]);
  usePlayOn(shown, neighbours);
  useTransportKeys(transport, sequence ? 'video' : 'image');
  const download = useSession((session) => session.download);
  const number = slots[shown.frame ?? 0]?.number ?? STILL_NUMBER;
  const isWaiting = !failure && (!set || shown.waiting);
  const isPicture = frame?.is === 'picture' || frame?.is === 'bitmap';
  return (
    <>
      <PlayerHead neighbours={neighbours}>{set && <SettledRoute file={file} route={set.route} />}</PlayerHead>
      <div className="stage" data-phase={failure ? 'failed' : 'playing'} data-waiting={isWaiting}>
        <canvas
          ref={canvas}
          className="slot"
          data-active={isPicture || frame === undefined}
          data-testid="player-media"
          {...(sequence && { 'data-frame': number })}
          data-picture={frame?.is ?? 'none'}
          data-origin={originOf(set)}
          role="img"
          aria-label={sequence ? t('player.frame', { frame: number }) : file.name}
          onClick={onSingleClick(() => transport?.togglePlay())}
        />
        {frame && !isPicture && !failure && <NoPicture frame={frame} number={number} />}
        <StageView />
        {isWaiting && <div className="spinner" aria-hidden="true" />}
        {failure && (
          <PlayerError
            failure={failure}
            kind="image"
            onRetry={() => setAttempt((count) => count + 1)}
            {...(!sequence && { onDownload: () => void download(file.key) })}
          />
        )}
      </div>
      {!failure && (
        <LookingBar
          looking={looking}
          onLooking={change}
          file={neighbours.file.key}
          frame={frame}
          layer={layer}
          onLayer={setLayer}
          rate={sequence && rate}
          onRate={(next) => {
            lookingMemory.rate = next;
            setRate(next);
            transport?.setRate(next);
          }}
        >
          <PixelValues canvas={canvas} frame={frame} looking={looking} />
        </LookingBar>
      )}
      {!failure && sequence && (
        <Controls transport={transport} shown={shown} kind="video" silent numbers={slots} onFullScreen={onFullScreen} />
      )}
    </>
  );
}

/** Where the links of a file lead. */
function originOf(set: FrameSet | undefined): string | undefined {
  const [first] = set?.frames ?? [];
  return first && new URL(first.url).origin;
}

/** In the place of a frame that there is not, or that gives no picture: never another one. */
function NoPicture({ frame, number }: { frame: LoadedFrame; number: number }) {
  const { t } = useTranslation();
  return (
    <p className="no-picture" role="status" data-testid="no-picture">
      <IconPhotoOff size={40} stroke={1.25} aria-hidden="true" />
      {frame.is === 'broken'
        ? t('looking.broken', { frame: number, fault: pictureFaultText(frame.fault, t) })
        : t('looking.missing', { frame: number })}
    </p>
  );
}

interface PlayingFrames {
  set: FrameSet | undefined;
  /** By what the library says, before the links are there. */
  slots: readonly Slot[];
  transport: SequenceTransport<LoadedFrame> | undefined;
  shown: TransportState;
  /** On screen. */
  frame: LoadedFrame | undefined;
  failure: PlayerFailure | undefined;
}

/** A still has one place, of this number. */
export const STILL_NUMBER = 0;
const START_OF_STILL = { isGoneTo: false, frame: 0, paused: true, speed: 1, repeat: 'off' } as const;

function useFrames(file: LibraryFile, layer: string | undefined, attempt: number): PlayingFrames {
  const { decoders } = useNearplay();
  const { sequence } = file;
  const { t } = useTranslation();
  const ask = useAskForLinks(file);
  const routesVersion = useSession((session) => session.routesVersion);
  const [set, setSet] = useState<FrameSet>();
  const [transport, setTransport] = useState<SequenceTransport<LoadedFrame>>();
  const [shown, setShown] = useState(STILL_TRANSPORT);
  const [frame, setFrame] = useState<LoadedFrame>();
  const [failure, setFailure] = useState<PlayerFailure>();
  usePlaybackNeed(() => transport?.moment ?? NO_PLAYBACK);
  const storages = useRef<readonly StorageSummary[]>([]);
  storages.current = useStorages();
  const links = useMemo(() => new FrameLinks(ask, { arrived: setSet }), [ask]);
  const [expected] = useState(() => (sequence ? expectedSlots(sequence) : [{ number: STILL_NUMBER, isThere: true }]));
  const slots = useMemo(() => (set ? slotsOf(set.frames.map(({ number }) => number)) : expected), [set, expected]);
  // The transport is there before the links: what is pressed while they are on their way counts.
  const count = slots.length;
  const frames = useRef<{ cache: FrameCache<LoadedFrame>; player: SequenceTransport<LoadedFrame> }>(undefined);
  const newest = useRef({ file, slots, set, layer });
  newest.current = { file, slots, set, layer };

  const examineFrame = useRef<(index: number, error: unknown) => Promise<void>>(undefined);

  // After a change of region, too: frames in memory stay, the next ones come from there.
  useEffect(() => {
    setFailure(undefined);
    links.renew().catch((error: unknown) => {
      // Frames go on from the links that are there, as long as they hold.
      if (!newest.current.set) setFailure({ kind: 'report', report: reportOf(error) });
    });
  }, [links, attempt, routesVersion]);

  useEffect(() => {
    if (count === 0) return undefined;
    const isSequence = newest.current.file.sequence !== undefined;
    const load = async (index: number, signal: AbortSignal): Promise<LoadedFrame> => {
      const { frames } = await links.get();
      // The links may have come after what is drawn.
      const places = newest.current.set ? newest.current.slots : slotsOf(frames.map(({ number }) => number));
      const place = places[index];
      const options = { links, decoders, isDecoded: isLookedAtPicture(newest.current.file.name) };
      return loadFrame(place?.number ?? STILL_NUMBER, newest.current.layer, options, signal);
    };
    /** Why the frame in front of the eyes cannot be had. */
    const examine = async (index: number, error: unknown): Promise<void> => {
      const { slots: places, set: present, file: own } = newest.current;
      const number = places[index]?.number ?? STILL_NUMBER;
      const key = own.sequence ? `${number}` : own.key;
      const found = await frameFailure(error, number, { set: present, key, storages: storages.current });
      if (index === player.index) setFailure(found);
    };
    examineFrame.current = examine;
    const cache = new FrameCache<LoadedFrame>(count, load, (index, error) => {
      if (index === player.index) void examine(index, error);
    });
    const player = new SequenceTransport(
      count,
      lookingMemory.rate,
      cache,
      {
        show: (_index, loaded) => setFrame(loaded),
        changed: (state) => {
          const { paused, speed, time, frame: index, range } = state;
          // A still has no place in time, that the next film could go on from.
          if (isSequence) {
            playerMemory.keep({ paused, speed, time, frame: index, repeat: range.repeat });
            if (index !== undefined) playerMemory.arrived();
          }
          setShown(state);
        },
      },
      isSequence ? playerMemory.startOf(newest.current.file.key) : START_OF_STILL,
    );
    setTransport(player);
    frames.current = { cache, player };
    return () => {
      frames.current = undefined;
      player.dispose();
      cache.dispose();
    };
  }, [count, attempt, links, decoders]);

  // Another layer of the same files: the place stays, what is in memory is of the other one.
  const loaded = useRef(layer);
  useEffect(() => {
    if (loaded.current === layer) return;
    loaded.current = layer;
    frames.current?.cache.renew();
    frames.current?.player.renew();
  }, [layer]);

  // One file alone: what is wrong with it is all that there is to say.
  const broken = !sequence && frame?.is === 'broken' ? frame.fault : undefined;
  // What is there instead of a picture, its first bytes say: nothing, text, another format.
  const unknown = broken?.is === 'unknown-format';
  useEffect(() => {
    if (unknown) void examineFrame.current?.(0, undefined);
  }, [unknown]);
  const own = useMemo((): PlayerFailure | undefined => {
    if (!broken) return undefined;
    const code = broken.is === 'unsupported' || broken.is === 'unknown-format' ? 'codec-unsupported' : 'damaged-file';
    const report = { code, message: pictureFaultText(broken, t), retryable: broken.is === 'stopped' } as const;
    return { kind: 'media', fault: code === 'damaged-file' ? 'decode' : 'unsupported', report };
  }, [broken, t]);

  return { set, slots, transport, shown, frame, failure: failure ?? own };
}

/** Asks main for links to the frames of a sequence, or to one file. */
export function useAskForLinks(file: LibraryFile): (failed?: FailedFrame) => Promise<FrameSet> {
  const { api } = useNearplay();
  const newest = useRef(file);
  newest.current = file;
  return useCallback(
    async (failed) => {
      const { key, sequence } = newest.current;
      if (sequence) return api.createSequenceLinks({ id: sequence.id, ...(failed && { failed }) });
      const link = await api.createLink({ key, purpose: 'play', ...(failed && { failed: failed.storage }) });
      const { route, region, expiresAt, url } = link;
      return { route, region, expiresAt, frames: [{ number: STILL_NUMBER, url }] };
    },
    [api],
  );
}

/** Draws the frame on screen, again when it is looked at in another way. */
export function usePictureCanvas(
  canvas: React.RefObject<HTMLCanvasElement | null>,
  frame: LoadedFrame | undefined,
  looking: Looking,
): void {
  const painter = useRef<PictureCanvas>(undefined);
  // In the same step as the number of the frame, and before it is seen.
  useLayoutEffect(() => {
    const target = canvas.current;
    if (!target) return undefined;
    const made = new PictureCanvas(target);
    painter.current = made;
    return () => {
      painter.current = undefined;
      made.dispose();
    };
  }, [canvas]);
  useLayoutEffect(() => {
    if (frame?.is === 'picture' || frame?.is === 'bitmap') painter.current?.draw(frame, looking);
  }, [frame, looking]);
}

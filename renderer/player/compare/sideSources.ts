import { useEffect, useMemo, useRef, useState } from 'react';
import type { LibraryFile } from '../../../shared/library.ts';
import { isDecodedPicture } from '../../../shared/media.ts';
import type { StorageSummary } from '../../../shared/reading.ts';
import { reportOf } from '../../api.ts';
import { useNearplay, useSession, useStorages } from '../../store/context.tsx';
import type { DecodedPictures } from '../decoded/decodedPictures.ts';
import { DecodedStage, type OpenedFilm } from '../decoded/decodedStage.ts';
import type { Placement } from '../decoded/film.ts';
import { FrameCache } from '../frameCache.ts';
import { frameFailure } from '../frameFailure.ts';
import { FrameLinks, type FrameSet } from '../frameLinks.ts';
import { type LoadedFrame, loadFrame } from '../frameLoader.ts';
import type { PlayerFailure, PlayerLink } from '../playerLink.ts';
import type { PlayerSession } from '../playerSession.ts';
import { MAX_CACHE_BYTES, SEQUENCE_RATE } from '../sequencePlayback.ts';
import { STILL_NUMBER, useAskForLinks } from '../SequencePlayer.tsx';
import { slotsOf } from '../sequenceSlots.ts';
import { FrameTable } from '../table/frameTable.ts';
import { useFrameTable } from '../useFrameTable.ts';
import { PLAYER_CLOCKS, usePlayerSession } from '../usePlayerSession.ts';
import type { SideSource } from './pairCache.ts';

/** Both sides together hold as much as one item alone. */
const SIDE_BYTES = MAX_CACHE_BYTES / 2;

export interface FramesOfSide {
  /** Undefined while it is being opened; null where it cannot be had. */
  source: SideSource | null | undefined;
  set: FrameSet | undefined;
  failure: PlayerFailure | undefined;
  retry: () => void;
}

/** The frames of a sequence, or one still, as a side of a comparison. */
export function useFramesOfSide(file: LibraryFile): FramesOfSide {
  const { decoders } = useNearplay();
  const ask = useAskForLinks(file);
  const routesVersion = useSession((session) => session.routesVersion);
  const storages = useRef<readonly StorageSummary[]>([]);
  storages.current = useStorages();
  const [attempt, setAttempt] = useState(0);
  const [set, setSet] = useState<FrameSet>();
  const [failure, setFailure] = useState<PlayerFailure>();
  const [source, setSource] = useState<SideSource>();
  const links = useMemo(() => new FrameLinks(ask, { arrived: setSet }), [ask]);
  const newest = useRef({ file, set });
  newest.current = { file, set };

  // After a change of region, too: frames in memory stay, the next ones come from there.
  useEffect(() => {
    setFailure(undefined);
    links.renew().catch((error: unknown) => {
      // Frames go on from the links that are there, as long as they hold.
      if (!newest.current.set) setFailure({ kind: 'report', report: reportOf(error) });
    });
  }, [links, attempt, routesVersion]);

  // Renewed links are to the same frames.
  const numbers = useMemo(() => set?.frames.map(({ number }) => number).join(' '), [set]);
  useEffect(() => {
    if (numbers === undefined) return undefined;
    const isSequence = newest.current.file.sequence !== undefined;
    const slots = isSequence ? slotsOf(numbers.split(' ').map(Number)) : [{ number: STILL_NUMBER, isThere: true }];
    const options = { links, decoders, isDecoded: isDecodedPicture(newest.current.file.name) };
    let wanted = 0;
    const numberAt = (index: number): number => slots[index]?.number ?? STILL_NUMBER;
    const ends = new AbortController();
    const failed = async (index: number, error: unknown): Promise<void> => {
      const { file: own, set: present } = newest.current;
      const key = own.sequence ? `${numberAt(index)}` : own.key;
      const found = await frameFailure(error, numberAt(index), { set: present, key, storages: storages.current });
      if (!ends.signal.aborted && index === wanted) setFailure(found);
    };
    const cache = new FrameCache<LoadedFrame>(
      slots.length,
      (index, signal) => loadFrame(numberAt(index), undefined, options, signal),
      (index, error) => void failed(index, error),
      SIDE_BYTES,
    );
    setSource({
      count: slots.length,
      isStill: !isSequence,
      numbers: isSequence ? slots : undefined,
      table: FrameTable.steady(slots.length, SEQUENCE_RATE),
      want: (index, direction) => {
        wanted = index;
        cache.want(index, direction);
      },
      get: (index) => cache.get(index),
      readyUntil: (index) => cache.readyUntil(index),
      get isFull() {
        return cache.isFull;
      },
    });
    return () => {
      ends.abort();
      setSource(undefined);
      cache.dispose();
    };
  }, [numbers, attempt, links, decoders]);

  return { source: failure ? null : source, set, failure, retry: () => setAttempt((count) => count + 1) };
}

export interface FilmOfSide {
  source: SideSource | null | undefined;
  placement: Placement | undefined;
  session: PlayerSession | undefined;
  state: PlayerLink;
  /** There is no frame to lay beside another one: the times of its pictures cannot be known. */
  isUncounted: boolean;
}

/** A film as a side of a comparison: decoded here, whatever plays it otherwise, so that both sides show what they say. */
export function useFilmOfSide(key: string): FilmOfSide {
  const [opened, setOpened] = useState<OpenedFilm>();
  const stage = useRef<DecodedStage>(undefined);
  const { session, state } = usePlayerSession(key, (player) => {
    stage.current = new DecodedStage({
      dispatch: player.dispatch,
      createLink: (failed) => player.createLink({ failed }),
      clock: PLAYER_CLOCKS.clock,
      opened: setOpened,
      // Looked for with each drawing of the window.
      arrived: () => undefined,
      maxBytes: SIDE_BYTES,
    });
    return stage.current;
  });
  // Nothing plays before its table is there.
  const table = useFrameTable(state.link, true, () => true);
  useEffect(() => {
    if (table) stage.current?.setTable(table);
  }, [table, session]);
  const isUncounted = table === null;
  const source = useMemo(() => opened && filmSource(opened), [opened]);
  const isGone = isUncounted || state.phase === 'failed';
  return { source: isGone ? null : source, placement: opened?.film.placement, session, state, isUncounted };
}

function filmSource({ pictures, table }: { pictures: DecodedPictures; table: FrameTable }): SideSource {
  return {
    count: table.count,
    isStill: false,
    numbers: undefined,
    table,
    want: (frame, direction, isPlaying) =>
      pictures.want({ frame, direction, stride: isPlaying ? 1 : 0, first: 0, last: table.count - 1 }),
    get: (frame) => {
      const picture = pictures.get(frame);
      return picture && { is: 'film', ...picture };
    },
    readyUntil: (frame) => {
      let until = frame;
      while (pictures.get(until + 1)) until += 1;
      return until;
    },
    get isFull() {
      return pictures.isFull;
    },
  };
}

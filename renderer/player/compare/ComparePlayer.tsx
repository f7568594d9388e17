import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../../shared/library.ts';
import { useLibrary, useNearplay } from '../../store/context.tsx';
import { identityOf } from '../../store/entryIdentity.ts';
import { Controls } from '../Controls.tsx';
import type { LoadedFrame } from '../frameLoader.ts';
import { LookingBar } from '../LookingBar.tsx';
import { lookingAfter } from '../lookingKeys.ts';
import { lookingMemory } from '../lookingMemory.ts';
import { NO_PLAYBACK } from '../playbackNeed.ts';
import type { PlayerAction } from '../playerKeys.ts';
import { playerMemory, type StartOfPlayback } from '../playerMemory.ts';
import { SequenceTransport } from '../sequenceTransport.ts';
import type { Rational } from '../table/frameTable.ts';
import { STILL_TRANSPORT, type TransportState } from '../transport.ts';
import { usePlaybackNeed } from '../usePlaybackNeed.ts';
import { usePlayerKeys, useTransportKeys } from '../usePlayerKeys.ts';
import { canStepByTimecode, otherIndex, type StepBy } from './alignment.ts';
import { CompareHead } from './CompareHead.tsx';
import { compareMemory } from './compareMemory.ts';
import { CompareOver } from './CompareOver.tsx';
import { CompareSide, isShown, type SidePlace } from './CompareSide.tsx';
import { type Comparing, comparingAfter, exchanged, withWipe } from './comparing.ts';
import { PairCache, type PairFrame, type SideSource } from './pairCache.ts';
import { namesApart } from './versions.ts';

interface ComparePlayerProps {
  /** The file that the player was opened with. */
  file: LibraryFile;
  other: LibraryFile;
  onFullScreen: () => void;
}

/** Two items, one beside or over the other, in step: a place is shown when both sides have what they show there. */
export function ComparePlayer({ file, other, onFullScreen }: ComparePlayerProps) {
  const { t } = useTranslation();
  const compareWith = useLibrary((library) => library.compareWith);
  const [isExchanged, setExchanged] = useState(false);
  const [comparing, setComparing] = useState<Comparing>(() => ({ ...compareMemory.comparing, offset: 0 }));
  const [looking, setLooking] = useState(lookingMemory.looking);
  const [rate, setRate] = useState(lookingMemory.rate);
  const [a, b] = isExchanged ? [other, file] : [file, other];
  const change = (next: Comparing): void => {
    compareMemory.comparing = next;
    setComparing(next);
  };
  // Another pair begins without an offset.
  const id = identityOf(other);
  const [ofOther, setOfOther] = useState(id);
  if (ofOther !== id) {
    setOfOther(id);
    setComparing({ ...comparing, offset: 0 });
  }
  const { transport, shown, pair, sources } = usePair({ file, a, b, comparing, rate });
  const leave = (): void => {
    playerMemory.goTo(file.key);
    compareWith(undefined);
  };
  useEscape(leave);
  const exchange = (): void => {
    setExchanged(!isExchanged);
    change(exchanged(comparing));
  };
  const byTimecode = sources.a && sources.b ? canStepByTimecode(sources.a, sources.b) : false;
  const stepBy: StepBy = byTimecode ? comparing.stepBy : 'frame';
  const perform = (action: PlayerAction): void => {
    if (action === 'compare-exchange') exchange();
    const after = action === 'step-by' && !byTimecode ? undefined : comparingAfter(comparing, action);
    if (after) change(after);
    const looked = lookingAfter(looking, action);
    if (looked) {
      lookingMemory.looking = looked;
      setLooking(looked);
    }
  };
  usePlayerKeys(perform);
  const lead = isLedByOther(a, b) ? 'b' : 'a';
  const leading = sources[lead];
  const hasTime = leading ? !leading.isStill : true;
  useTransportKeys(transport, hasTime ? 'video' : 'image');
  usePlaybackNeed(() => transport?.moment ?? NO_PLAYBACK);
  const places = pair && placesOf(pair, lead);
  const isComplete = isShown(places?.a.picture) && isShown(places?.b.picture);
  const isWaiting = sources.a !== null && sources.b !== null && (pair === undefined || shown.waiting);
  const frames = [places?.a.picture, places?.b.picture].find(
    (picture): picture is LoadedFrame => picture !== undefined && picture.is !== 'film',
  );
  const isSequence = [a, b].some((one) => one.sequence);
  const names = namesApart(a, b);
  return (
    <>
      <CompareHead
        {...{ file, other, comparing, byTimecode, stepBy }}
        onLeave={leave}
        onAction={perform}
        onChange={change}
      />
      <div
        className="compare"
        data-testid="compare"
        data-way={comparing.way}
        data-shown={comparing.shown}
        data-complete={isComplete}
        data-waiting={isWaiting}
        data-settled={shown.settled && !isWaiting}
        ref={(element) => {
          element?.style.setProperty('--wipe', `${comparing.wipe * 100}%`);
          element?.style.setProperty('--mix', `${comparing.mix}`);
        }}
      >
        {([a, b] as const).map((one, index) => (
          <CompareSide
            key={identityOf(one)}
            file={one}
            name={names[index === 0 ? 0 : 1]}
            side={index === 0 ? 'a' : 'b'}
            place={places?.[index === 0 ? 'a' : 'b']}
            looking={looking}
            onSource={sources.set}
            onPlay={() => transport?.togglePlay()}
          />
        ))}
        <CompareOver
          comparing={comparing}
          isWaiting={isWaiting}
          isIncomplete={places !== undefined && !isComplete}
          onWipe={(wipe) => change(withWipe(comparing, wipe))}
        />
        <p className="visually-hidden" role="status" data-testid="compare-status">
          {comparing.way === 'flip'
            ? t('player.compare.shown', { side: t(`player.compare.sides.${comparing.shown}`) })
            : t(`player.compare.ways.${comparing.way}`)}
        </p>
      </div>
      {frames && (
        <LookingBar
          looking={looking}
          onLooking={(next) => {
            lookingMemory.looking = next;
            setLooking(next);
          }}
          file={a.key}
          frame={withoutLayers(frames)}
          layer={undefined}
          onLayer={() => undefined}
          rate={isSequence && leading?.numbers ? rate : undefined}
          onRate={(next) => {
            lookingMemory.rate = next;
            setRate(next);
          }}
        >
          {undefined}
        </LookingBar>
      )}
      {hasTime && (
        <Controls
          // A sequence counts by its own numbers, from when they are known.
          key={leading?.numbers ? 'sequence' : 'film'}
          transport={transport}
          shown={shown}
          kind="video"
          silent
          {...(leading?.numbers && { numbers: leading.numbers })}
          onFullScreen={onFullScreen}
        />
      )}
    </>
  );
}

type Sides = Record<'a' | 'b', SideSource | null | undefined>;

/** A still is there at every frame of the other item, which leads then. */
function isLedByOther(a: LibraryFile, b: LibraryFile): boolean {
  return isStill(a) && !isStill(b);
}

function isStill({ kind, sequence }: LibraryFile): boolean {
  return kind === 'image' && sequence === undefined;
}

function placesOf({ lead, other }: PairFrame, leading: 'a' | 'b'): Record<'a' | 'b', SidePlace> {
  return leading === 'a' ? { a: lead, b: other } : { a: other, b: lead };
}

/** The main layer of both files is compared. */
function withoutLayers(frame: LoadedFrame): LoadedFrame {
  return frame.is === 'picture' ? { ...frame, picture: { ...frame.picture, layers: [] } } : frame;
}

interface PairOptions {
  file: LibraryFile;
  a: LibraryFile;
  b: LibraryFile;
  comparing: Comparing;
  rate: Rational;
}

interface PlayingPair {
  transport: SequenceTransport<PairFrame> | undefined;
  shown: TransportState;
  /** On screen. */
  pair: PairFrame | undefined;
  sources: Sides & { set: (file: LibraryFile, source: SideSource | null | undefined) => void };
}

/** Plays both items by one position: that of the leading one. */
function usePair({ file, a, b, comparing: { offset, stepBy }, rate }: PairOptions): PlayingPair {
  const [known, setKnown] = useState<ReadonlyMap<string, SideSource | null | undefined>>(new Map());
  const [transport, setTransport] = useState<SequenceTransport<PairFrame>>();
  const [shown, setShown] = useState<TransportState>(STILL_TRANSPORT);
  const [pair, setPair] = useState<PairFrame>();
  const set = useCallback((one: LibraryFile, source: SideSource | null | undefined): void => {
    setKnown((before) => new Map(before).set(identityOf(one), source));
  }, []);
  const [leadFile, otherFile] = isLedByOther(a, b) ? [b, a] : [a, b];
  const lead = known.get(identityOf(leadFile));
  const other = known.get(identityOf(otherFile));
  const playing = useRef<{ cache: PairCache; player: SequenceTransport<PairFrame> }>(undefined);
  const isPlaying = useRef(false);
  const newest = useRef({ lead, other, offset, stepBy, rate, leadFile, file });
  newest.current = { lead, other, offset, stepBy, rate, leadFile, file };
  /** Where the next transport begins. */
  const start = useRef<StartOfPlayback>(undefined);
  start.current ??= { ...playerMemory.startOf(file.key), isGoneTo: true, paused: true };
  const onScreen = useRef<PairFrame>(undefined);

  useEffect(() => {
    if (!lead) return undefined;
    const cache = new PairCache({
      lead,
      other: () => newest.current.other,
      place: (index, beside) => otherIndex(lead, beside, index, newest.current),
      isPlaying: () => isPlaying.current,
    });
    let arrived: PairFrame | undefined;
    const changed = (state: TransportState): void => {
      const frame = arrived;
      arrived = undefined;
      isPlaying.current = !state.paused;
      if (frame) onScreen.current = frame;
      const index = state.frame ?? onScreen.current?.lead.index;
      const told = { ...state, frame: index, ...(!lead.numbers && { table: lead.table }) };
      keep(told, onScreen.current, newest.current);
      // Both pictures and their numbers are drawn together.
      if (frame) {
        flushSync(() => {
          setPair(frame);
          setShown(told);
        });
      } else setShown(told);
    };
    onScreen.current = undefined;
    const ledBy = newest.current.leadFile;
    const own = start.current ?? { ...playerMemory.startOf(''), isGoneTo: true, paused: true };
    const player = new SequenceTransport<PairFrame>(
      lead.count,
      rateOf(lead, newest.current.rate),
      cache,
      { show: (_index, frame) => (arrived = frame), changed },
      own,
    );
    playing.current = { cache, player };
    setTransport(player);
    return () => {
      player.dispose();
      playing.current = undefined;
      // What is exchanged or opened again goes on at the same place of what leads then.
      const isExchanged = newest.current.leadFile !== ledBy;
      const there = isExchanged ? onScreen.current?.other.index : undefined;
      start.current = { ...own, frame: there ?? player.index };
      setTransport(undefined);
      setPair(undefined);
    };
  }, [lead]);

  // The other item came, went, or lies elsewhere now: the place stays, its pair is another one.
  useEffect(() => {
    const { cache, player } = playing.current ?? {};
    cache?.renew();
    player?.renew();
  }, [lead, other, offset, stepBy]);
  useEffect(() => {
    if (lead) playing.current?.player.setRate(rateOf(lead, rate));
  }, [lead, rate]);

  const led = leadFile === a;
  const sides: Sides = led ? { a: lead, b: other } : { a: other, b: lead };
  // What is of another source is no picture of this one.
  const isOwn = pair?.lead.source === lead && pair?.other.source === other;
  return { transport, shown, pair: isOwn ? pair : undefined, sources: { ...sides, set } };
}

interface Kept {
  leadFile: LibraryFile;
  file: LibraryFile;
  lead: SideSource | null | undefined;
  other: SideSource | null | undefined;
}

/** What the player goes on with when the comparison is left: the frame of the file that it was opened with. */
function keep(
  { paused, speed, range }: TransportState,
  pair: PairFrame | undefined,
  { leadFile, file, lead, other }: Kept,
): void {
  if (!pair) return;
  playerMemory.arrived();
  const [place, source] = leadFile === file ? [pair.lead, lead] : [pair.other, other];
  if (place.index === undefined || !source) return;
  const { index } = place;
  playerMemory.keep({ paused, speed, frame: index, time: source.table.middleOf(index), repeat: range.repeat });
}

/** A sequence at the rate that is chosen; a film at its own, and where that changes at its mean. */
function rateOf({ table, numbers, count }: SideSource, chosen: Rational): Rational {
  if (numbers) return chosen;
  if (table.rate) return table.rate;
  const seconds = table.end - table.timeOf(0);
  return { numerator: Math.max(1, Math.round((count / Math.max(seconds, 0.001)) * 1000)), denominator: 1000 };
}

/** Before the window's own Escape, which would close the player. */
function useEscape(leave: () => void): void {
  const { session } = useNearplay();
  const newest = useRef(leave);
  newest.current = leave;
  const listen = useMemo(
    () => (event: KeyboardEvent) => {
      const isTaken = event.defaultPrevented || session.getState().panel !== undefined;
      const isInOverlay = document.querySelector('.popover, .overlay, .counter-field') !== null;
      if (event.key !== 'Escape' || isTaken || isInOverlay) return;
      event.preventDefault();
      newest.current();
    },
    [session],
  );
  useEffect(() => {
    window.addEventListener('keydown', listen, { capture: true });
    return () => window.removeEventListener('keydown', listen, { capture: true });
  }, [listen]);
}

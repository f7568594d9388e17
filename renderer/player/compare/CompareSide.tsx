import { IconPhotoOff } from '@tabler/icons-react';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { folderOf } from '../../../shared/keys.ts';
import type { LibraryFile } from '../../../shared/library.ts';
import type { Looking } from '../../images/looking.ts';
import { useSession } from '../../store/context.tsx';
import { CutName } from '../../ui/CutName.tsx';
import { countingsOf, numberOf } from '../counting.ts';
import { drawPicture } from '../decoded/drawPicture.ts';
import { pictureFaultText } from '../pictureFaultText.ts';
import { PlayerError } from '../PlayerError.tsx';
import { playerMemory } from '../playerMemory.ts';
import { PlayerRoute, SettledRoute } from '../PlayerRoute.tsx';
import { usePictureCanvas } from '../SequencePlayer.tsx';
import { onSingleClick } from '../singleClick.ts';
import { StageView } from '../view/StageView.tsx';
import type { SideName } from './comparing.ts';
import type { SidePicture, SideSource } from './pairCache.ts';
import { useFilmOfSide, useFramesOfSide } from './sideSources.ts';

/** What a side shows now. */
export interface SidePlace {
  /** Undefined where it has no frame. */
  index: number | undefined;
  /** Undefined where it has none, or none can be had. */
  picture: SidePicture | undefined;
}

export interface CompareSideProps {
  file: LibraryFile;
  /** What it is called beside the other one. */
  name: string;
  side: SideName;
  /** Undefined before there is anything to show. */
  place: SidePlace | undefined;
  looking: Looking;
  onSource: (file: LibraryFile, source: SideSource | null | undefined) => void;
  onPlay: () => void;
}

/** One item of a comparison: what it is, where it is read from, its frame, and the number of that frame. */
export function CompareSide(props: CompareSideProps) {
  const { file } = props;
  const isFrames = file.sequence !== undefined || file.kind === 'image';
  return isFrames ? <FramesSide {...props} /> : <FilmSide {...props} />;
}

function FramesSide(props: CompareSideProps) {
  const { file, place, looking, onSource } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const download = useSession((session) => session.download);
  const { source, set, failure, retry } = useFramesOfSide(file);
  useEffect(() => onSource(file, source), [file, source, onSource]);
  const { picture } = place ?? {};
  usePictureCanvas(canvas, picture?.is === 'film' ? undefined : picture, looking);
  return (
    <Side {...props} source={source} canvas={canvas} route={set && <SettledRoute file={file} route={set.route} />}>
      {failure && (
        <PlayerError
          failure={failure}
          kind="image"
          onRetry={retry}
          {...(!file.sequence && { onDownload: () => void download(file.key) })}
        />
      )}
    </Side>
  );
}

function FilmSide(props: CompareSideProps) {
  const { file, name, place, onSource } = props;
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const download = useSession((session) => session.download);
  const { source, placement, session, state, isUncounted } = useFilmOfSide(file.key);
  useEffect(() => onSource(file, source), [file, source, onSource]);
  const { picture } = place ?? {};
  // In the same step as its number, and before it is seen.
  useLayoutEffect(() => {
    if (canvas.current && placement && picture?.is === 'film') drawPicture(canvas.current, picture, placement);
  }, [picture, placement]);
  return (
    <Side {...props} source={source} canvas={canvas} route={<PlayerRoute state={state} kind="image" />}>
      {state.phase === 'failed' && state.failure ? (
        <PlayerError
          failure={state.failure}
          kind="video"
          onRetry={() => session?.dispatch({ type: 'retried' })}
          onDownload={() => void download(file.key)}
        />
      ) : isUncounted ? (
        <Note text={t('player.compare.uncounted', { name })} />
      ) : undefined}
    </Side>
  );
}

interface SideFrameProps extends CompareSideProps {
  source: SideSource | null | undefined;
  canvas: React.RefObject<HTMLCanvasElement | null>;
  route: ReactNode;
  /** In the place of a picture that cannot be had. */
  children: ReactNode;
}

function Side({ file, name, side, place, source, canvas, route, onPlay, children }: SideFrameProps) {
  const { t } = useTranslation();
  const letter = t(`player.compare.sides.${side}`);
  const picture = source ? place?.picture : undefined;
  const hasPicture = isShown(picture);
  const { number, last, timecode } = useNumber(file, source, source ? place : undefined);
  const named = { side: letter, name };
  const isNowhere = source && place && place.index === undefined;
  const label = isNowhere
    ? t('player.compare.describeNone', named)
    : picture && !source?.isStill
      ? t('player.compare.describe', { ...named, frame: number })
      : t('player.compare.describeItem', named);
  const note = source && place ? noteOf(place) : undefined;
  return (
    <>
      <div className="compare-label" data-side={side} data-testid={`compare-label-${side}`}>
        <span className="compare-letter" aria-hidden="true">
          {letter}
        </span>
        <span className="name" title={folderOf(file.key) + file.name}>
          <CutName name={name} />
        </span>
        <span className="compare-figures">
          <span data-testid={`compare-frame-${side}`}>{number}</span>
          {last !== undefined && <span className="muted"> / {last}</span>}
          {timecode !== undefined && <span className="compare-timecode">{timecode}</span>}
        </span>
        {route}
      </div>
      <div
        className="stage compare-side"
        data-side={side}
        data-testid={`compare-side-${side}`}
        data-picture={picture?.is ?? 'none'}
      >
        <canvas
          ref={canvas}
          className="slot"
          data-active={hasPicture}
          role="img"
          aria-label={label}
          onClick={onSingleClick(onPlay)}
        />
        {children ?? (note && <Note text={noteText(note)} />)}
        <StageView follows={side === 'b'} />
      </div>
    </>
  );

  function noteText(what: NonNullable<ReturnType<typeof noteOf>>): string {
    switch (what.is) {
      case 'no-frame':
        return t('player.compare.noFrame', { side: letter });
      case 'missing':
        return t('looking.missing', { frame: number });
      case 'broken':
        return t('looking.broken', { frame: number, fault: pictureFaultText(what.fault, t) });
      case 'undecodable':
        return t('player.frameBroken');
    }
  }
}

/** In the place of a frame that there is not, or that gives no picture: never another one. */
function Note({ text }: { text: string }) {
  return (
    <p className="no-picture" role="status" data-testid="compare-note">
      <IconPhotoOff size={32} stroke={1.25} aria-hidden="true" />
      {text}
    </p>
  );
}

/** Whether there is something to look at. */
export function isShown(picture: SidePicture | undefined): boolean {
  if (picture?.is === 'film') return picture.image !== undefined;
  return picture?.is === 'picture' || picture?.is === 'bitmap';
}

function noteOf({ index, picture }: SidePlace) {
  if (index === undefined) return { is: 'no-frame' } as const;
  if (picture?.is === 'missing' || picture?.is === 'broken') return picture;
  return picture?.is === 'film' && !picture.image ? ({ is: 'undecodable' } as const) : undefined;
}

/** The number of the picture on screen, as it is counted in the player. */
function useNumber(
  file: LibraryFile,
  source: SideSource | null | undefined,
  place: SidePlace | undefined,
): { number: string; last: number | undefined; timecode: string | undefined } {
  const { t } = useTranslation();
  const kind = file.sequence ? 'sequence' : 'film';
  const wanted = useSyncExternalStore(playerMemory.subscribe, () => playerMemory.countingOf(kind));
  const unknown = t('player.compare.unknown');
  if (!source || source.isStill) return { number: unknown, last: undefined, timecode: undefined };
  const { table, numbers, count } = source;
  const counting = countingsOf({ table, numbers }).includes(wanted) ? wanted : 'one';
  const numbering = { table, numbers, counting };
  const last = numberOf(numbering, count - 1);
  // Of a film, the one that the picture's own time says.
  const own = place?.picture?.is === 'film' ? place.picture.number : place?.index;
  if (own === undefined) return { number: unknown, last, timecode: undefined };
  const timecode = table.startTimecode && table.timecodeOf(own);
  return { number: String(numberOf(numbering, own)), last, timecode };
}

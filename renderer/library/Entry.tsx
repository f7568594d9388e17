import {
  IconColumns2,
  IconFile,
  IconFolder,
  IconMovie,
  IconMusic,
  IconPhoto,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { folderOf } from '../../shared/keys.ts';
import type { FrameSequence, LibraryEntry, LibraryFile, LibraryFolder } from '../../shared/library.ts';
import { hasPictures, type MediaKind } from '../../shared/media.ts';
import { useLibrary, useStorages } from '../store/context.tsx';
import { identityOf } from '../store/entryIdentity.ts';
import type { LibraryView } from '../store/library.ts';
import { formatAge, formatBytes, formatCount, formatMoment } from '../text/format.ts';
import { isNear, isSettling, routeText } from '../text/routeText.ts';
import { CutName } from '../ui/CutName.tsx';
import { Still } from './Still.tsx';

interface EntryProps<Of extends LibraryEntry> {
  entry: Of;
  view: LibraryView;
  isActive: boolean;
  /** 1-based position in the list, for screen readers. */
  position: number;
  total: number;
  now: number;
  onOpen: (entry: LibraryEntry) => void;
}

/** The id of an entry's element, for aria-activedescendant. */
export function elementId(entry: LibraryEntry): string {
  return `entry-${encodeURIComponent(identityOf(entry).toWellFormed())}`;
}

const KIND_ICONS: Record<MediaKind, typeof IconFile> = {
  video: IconMovie,
  audio: IconMusic,
  image: IconPhoto,
  other: IconFile,
};

export const Entry = memo(function Entry(props: EntryProps<LibraryEntry>) {
  const { entry, ...rest } = props;
  return entry.type === 'folder' ? <FolderCard {...rest} entry={entry} /> : <FileCard {...rest} entry={entry} />;
});

function FolderCard({ entry, view, isActive, position, total, onOpen }: EntryProps<LibraryFolder>) {
  const { t } = useTranslation();
  return (
    // The list has the focus and the keys, and names its active option (ARIA, aria-activedescendant).
    // eslint-disable-next-line jsx-a11y-x/click-events-have-key-events, jsx-a11y-x/interactive-supports-focus
    <div
      role="option"
      id={elementId(entry)}
      className={`entry folder ${view}`}
      aria-selected={isActive}
      aria-posinset={position}
      aria-setsize={total}
      aria-label={`${entry.name}, ${t('kind.folder')}`}
      data-testid="card"
      data-key={entry.key}
      data-type="folder"
      data-drop-folder={entry.key}
      onClick={() => onOpen(entry)}
    >
      <IconFolder size={20} aria-hidden="true" />
      <Name name={entry.name} />
    </div>
  );
}

function FileCard({ entry, view, isActive, position, total, now, onOpen }: EntryProps<LibraryFile>) {
  const { t } = useTranslation();
  const storages = useStorages();
  const { place, label, sentence } = routeText(entry.route, storages, t);
  const KindIcon = KIND_ICONS[entry.kind];
  const age = formatAge(entry.lastModified, now, t('age.justNow'));
  const size = formatBytes(entry.size);
  const frames =
    entry.sequence && t(entry.sequence.goesOn ? 'library.framesGoOn' : 'library.frames', framesOf(entry.sequence));
  const described = t('library.itemDescription', { kind: t(`kind.${entry.kind}`), size, age, place, reason: label });
  const description = frames === undefined ? described : `${frames}, ${described}`;
  const settling = isSettling(entry.route);
  const isMarked = useLibrary(({ marked }) => marked !== undefined && identityOf(marked) === identityOf(entry));
  return (
    // The list has the focus and the keys, and names its active option (ARIA, aria-activedescendant).
    // eslint-disable-next-line jsx-a11y-x/click-events-have-key-events, jsx-a11y-x/interactive-supports-focus
    <div
      role="option"
      id={elementId(entry)}
      className={`entry file ${view}`}
      aria-selected={isActive}
      aria-posinset={position}
      aria-setsize={total}
      aria-label={`${entry.name}, ${isMarked ? t('library.markedDescription', { description }) : description}`}
      data-testid="card"
      data-marked={isMarked}
      data-key={entry.sequence ? folderOf(entry.key) + entry.name : entry.key}
      data-type={entry.sequence ? 'sequence' : 'file'}
      data-kind={entry.kind}
      onClick={() => onOpen(entry)}
    >
      <div className="picture" aria-hidden="true">
        <KindIcon className="kind-icon" stroke={1.25} />
        <Still file={entry} />
        {entry.kind === 'video' && view === 'grid' && (
          <span className="play-hint">
            <IconPlayerPlayFilled size={16} />
          </span>
        )}
        <span className="extension">{extensionOf(entry.name)}</span>
        {entry.sequence && <Frames sequence={entry.sequence} />}
      </div>
      {hasPictures(entry.kind) && <CompareMark file={entry} isMarked={isMarked} />}
      <Name name={entry.name} />
      <span className="size">{size}</span>
      <span className="age" title={formatMoment(entry.lastModified)}>
        {age}
      </span>
      <span
        className="route-badge"
        data-testid="card-route"
        data-storage={entry.route.storage}
        data-reason={entry.route.reason}
        data-near={isNear(entry.route.storage, storages)}
        data-settling={settling}
        title={sentence}
      >
        <span className="near-dot" aria-hidden="true" />
        <span className="route-place">{settling ? label : place}</span>
      </span>
    </div>
  );
}

/** For the pointer: the same as the key does, which acts on the active entry. */
function CompareMark({ file, isMarked }: { file: LibraryFile; isMarked: boolean }) {
  const { t } = useTranslation();
  const marked = useLibrary((library) => library.marked);
  const markOrCompare = useLibrary((library) => library.markOrCompare);
  const title = isMarked
    ? t('library.compareNot')
    : marked
      ? t('library.compareWithMarked', { name: marked.name })
      : t('library.compareWith');
  return (
    <span
      className="compare-mark"
      aria-hidden="true"
      title={title}
      data-testid="card-compare"
      onClick={(event) => {
        event.stopPropagation();
        markOrCompare(file);
      }}
    >
      <IconColumns2 size={16} />
    </span>
  );
}

/** Which frames there are, and whether some between them are not. */
function Frames({ sequence }: { sequence: FrameSequence }) {
  const { t } = useTranslation();
  if (sequence.goesOn) return <UnfinishedFrames sequence={sequence} />;
  const missing = sequence.last - sequence.first + 1 - sequence.count;
  return (
    <span
      className="frames"
      data-testid="card-frames"
      data-gaps={missing > 0}
      title={missing > 0 ? t('library.framesMissing', { count: missing, frames: sequence.frames }) : sequence.frames}
    >
      {sequence.first}-{sequence.last} · {formatCount(sequence.count)}
      {missing > 0 && ` · ${t('library.gaps', { count: missing })}`}
    </span>
  );
}

/** A sequence of which not all frames are listed yet: their number is not shown. */
function UnfinishedFrames({ sequence }: { sequence: FrameSequence }) {
  const { t } = useTranslation();
  return (
    <span
      className="frames"
      data-testid="card-frames"
      data-gaps={false}
      title={t('library.framesGoOn', framesOf(sequence))}
    >
      {sequence.first}-{sequence.last} …
    </span>
  );
}

function framesOf({ first, last, count }: FrameSequence): { first: number; last: number; count: number } {
  return { first, last, count };
}

function Name({ name }: { name: string }) {
  return (
    <span className="name" title={name}>
      <CutName name={name} />
    </span>
  );
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toUpperCase() : '';
}

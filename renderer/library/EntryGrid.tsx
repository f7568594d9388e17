import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LibraryEntry } from '../../shared/library.ts';
import { SECOND_MS } from '../../shared/units.ts';
import { useLibrary, useNearplay } from '../store/context.tsx';
import { identityOf } from '../store/entryIdentity.ts';
import { useNow } from '../ui/useNow.ts';
import { elementId, Entry } from './Entry.tsx';
import { columnsFor, countRows, type GridShape, moveInGrid, positionOfIndex, rowAt } from './gridKeyboard.ts';

/** Interval between two drawings of the ages on the cards. */
const AGE_INTERVAL_MS = 30 * SECOND_MS;
const GAP_PX = 16;
const CARD_WIDTH_PX = 208;
const FOLDER_HEIGHT_PX = 52;
const ROW_HEIGHT_PX = 44;
/** Name, size, age and badge under the picture. */
const CAPTION_HEIGHT_PX = 66;
const PADDING_PX = 20;
/** Rows before the end at which the next page is asked for. */
const NEXT_PAGE_AHEAD_ROWS = 12;

/**
 * Cards or lines, only those in the window drawn. One focusable list whose active option the arrow keys move: the
 * focus cannot be lost when the card that had it scrolls away.
 */
export function EntryGrid({ entries }: { entries: readonly LibraryEntry[] }) {
  const { t } = useTranslation();
  const { library } = useNearplay();
  const view = useLibrary((state) => state.view);
  const activeId = useLibrary((state) => state.activeId);
  const scroller = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(scroller);
  const now = useNow(AGE_INTERVAL_MS);

  const columns = view === 'list' ? 1 : columnsFor(width - 2 * PADDING_PX, CARD_WIDTH_PX, GAP_PX);
  const cardWidth = (width - 2 * PADDING_PX - (columns - 1) * GAP_PX) / columns;
  const fileHeight = view === 'list' ? ROW_HEIGHT_PX : Math.round((cardWidth * 9) / 16) + CAPTION_HEIGHT_PX + GAP_PX;
  const folderHeight = view === 'list' ? ROW_HEIGHT_PX : FOLDER_HEIGHT_PX + GAP_PX;
  const shape = useMemo<GridShape>(() => {
    const folders = entries.findIndex(({ type }) => type === 'file');
    const folderCount = folders < 0 ? entries.length : folders;
    return {
      sections: [folderCount, entries.length - folderCount],
      columns,
      visibleRows: Math.floor(height / fileHeight),
    };
  }, [entries, columns, height, fileHeight]);

  const virtual = useVirtualizer({
    count: countRows(shape),
    getScrollElement: () => scroller.current,
    estimateSize: (row) => (rowAt(shape, row)?.section === 0 ? folderHeight : fileHeight),
    overscan: 2,
    paddingStart: view === 'list' ? 0 : 4,
    paddingEnd: PADDING_PX,
    scrollPaddingStart: 8,
    scrollPaddingEnd: 24,
  });
  useEffect(() => virtual.measure(), [virtual, fileHeight, folderHeight, columns]);

  const rows = virtual.getVirtualItems();
  useNextPage(rows.at(-1)?.index ?? 0, countRows(shape));
  useSeen(entries, shape, rows[0]?.index, rows.at(-1)?.index);

  const activeIndex = useMemo(
    () => (activeId === undefined ? -1 : entries.findIndex((entry) => identityOf(entry) === activeId)),
    [entries, activeId],
  );
  const isOpen = useLibrary((state) => state.opened !== undefined);
  useEffect(() => {
    if (!isOpen) scroller.current?.focus({ preventScroll: true });
  }, [isOpen]);
  // When the player closes, or a folder is left, the entry that was open is in the window again.
  const scrollToActive = useRef<() => void>(undefined);
  scrollToActive.current = () => {
    if (activeIndex >= 0) virtual.scrollToIndex(positionOfIndex(shape, activeIndex).row, { align: 'auto' });
  };
  useEffect(() => {
    if (width > 0) scrollToActive.current?.();
  }, [activeId, isOpen, width, view]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = moveInGrid(event.key, activeIndex, shape);
    const active = entries[activeIndex];
    const wanted = target === undefined ? undefined : entries[target];
    if (target !== undefined) library.getState().setActive(wanted && identityOf(wanted));
    else if ((event.key === 'Enter' || event.key === ' ') && active) openEntry(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const openEntry = (entry: LibraryEntry): void => {
    if (entry.type === 'folder') void library.getState().show(entry.key);
    else library.getState().open(entry);
  };

  const active = entries[activeIndex];
  return (
    <div
      ref={scroller}
      className="entries"
      data-view={view}
      role="listbox"
      aria-label={t('shell.library')}
      aria-activedescendant={active && elementId(active)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" className="entries-length" style={{ height: virtual.getTotalSize() }}>
        {rows.map(({ index, start, size }) => {
          const row = rowAt(shape, index);
          if (!row) return null;
          return (
            <div
              key={index}
              role="presentation"
              className="entries-row"
              style={{
                transform: `translateY(${start}px)`,
                height: size,
                gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              }}
            >
              {entries.slice(row.start, row.start + row.length).map((entry, offset) => (
                <Entry
                  key={identityOf(entry)}
                  entry={entry}
                  view={view}
                  isActive={identityOf(entry) === activeId}
                  position={row.start + offset + 1}
                  total={entries.length}
                  now={now}
                  onOpen={openEntry}
                />
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useSize(element: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const measure = (): void => setSize({ width: target.clientWidth, height: target.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

function useNextPage(lastRow: number, rowCount: number): void {
  const next = useLibrary((library) => library.loaded.next);
  const more = useLibrary((library) => library.more);
  const loadMore = useLibrary((library) => library.loadMore);
  useEffect(() => {
    if (next !== undefined && more === 'idle' && lastRow >= rowCount - NEXT_PAGE_AHEAD_ROWS) void loadMore();
  }, [next, more, lastRow, rowCount, loadMore]);
}

function useSeen(
  entries: readonly LibraryEntry[],
  shape: GridShape,
  firstRow: number | undefined,
  lastRow: number | undefined,
): void {
  const sawEntries = useLibrary((library) => library.sawEntries);
  useEffect(() => {
    const first = firstRow === undefined ? undefined : rowAt(shape, firstRow);
    const last = lastRow === undefined ? undefined : rowAt(shape, lastRow);
    if (first && last) sawEntries(entries.slice(first.start, last.start + last.length).map(identityOf));
  }, [entries, shape, firstRow, lastRow, sawEntries]);
}

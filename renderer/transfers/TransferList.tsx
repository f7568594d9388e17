import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Transfer } from '../../shared/transfers.ts';
import { useNearplay, useTransfers } from '../store/context.tsx';
import { parentFolder } from '../store/libraryPages.ts';
import { type Filter, type RowSize, rowSizeOf } from '../store/transferIndex.ts';
import { type Direction, dropTarget, moveTarget, type RowsInOrder } from './moves.ts';
import { actionsOf, rowKey } from './rowActions.ts';
import { TransferRow } from './TransferRow.tsx';
import { useReorder } from './useReorder.ts';

/** Pixels: name, bar and figures; a reason takes two lines; a question has its answers below. */
const ROW_HEIGHTS_PX: Record<RowSize, number> = { plain: 64, reason: 78, question: 96 };

/**
 * The rows that the filter shows, only those in the window drawn. The arrow keys move the one that Tab reaches, and the
 * focus with it.
 */
export function TransferList() {
  const { t } = useTranslation();
  const { transfers, library } = useNearplay();
  const { index } = transfers;
  const filter = useTransfers((state) => state.filter);
  const version = useTransfers((state) => state.version);
  const scroller = useRef<HTMLDivElement>(null);
  const count = index.count(filter);
  const { active, activeIndex } = useActiveRow(filter, count);

  const isEven = index.isEven(filter);
  const virtual = useVirtualizer<HTMLDivElement, Element>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: (row) => (isEven ? ROW_HEIGHTS_PX.plain : heightOf(index.at(filter, row))),
    // Another function with each version: that alone makes it read the heights anew, and only then.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    getItemKey: useCallback((row: number) => row, [version]),
    overscan: 4,
    // The row with the focus stays, wherever the list scrolls: the focus would go with it.
    rangeExtractor: useCallback((range: Range) => withRow(defaultRangeExtractor(range), activeIndex), [activeIndex]),
  });

  const rows: RowsInOrder = { length: count, at: (row) => index.at(filter, row) };
  const { dragged, grip } = useReorder(scroller, virtual, ({ id, before }) => {
    const target = dropTarget(rows, before);
    if (target !== id) void transfers.getState().move([id], target);
  });
  const focusRow = useKeptFocus(scroller, active, version);
  const { moved, watchMove } = useAnnouncedMoves(version);

  const go = (to: number): void => {
    const target = rows.at(to);
    if (!target) return;
    transfers.getState().setActive(target.id);
    virtual.scrollToIndex(to, { align: 'auto' });
    focusRow(target.id);
  };
  const move = (direction: Direction): void => {
    const before = moveTarget(rows, activeIndex, direction);
    if (before === undefined || active === undefined) return;
    watchMove(active);
    void transfers.getState().move([active], before);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isRow = event.target instanceof HTMLElement && event.target.dataset['id'] !== undefined;
    const transfer = active === undefined ? undefined : index.get(active);
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHTS_PX.plain) - 1;
    const meant = rowKey(event, activeIndex, count, page);
    // On a button of the row, Space and Enter are the button's.
    if (!meant || !transfer || (!isRow && meant.kind !== 'go' && meant.kind !== 'move')) return;
    const can = actionsOf(transfer);
    const { pause, resume, cancel, retry } = transfers.getState();
    if (meant.kind === 'go') go(meant.to);
    else if (meant.kind === 'move') move(meant.direction);
    else if (meant.kind === 'pause') void (can.pause ? pause([transfer.id]) : can.resume && resume([transfer.id]));
    else if (meant.kind === 'cancel') void (can.cancel && cancel([transfer.id]));
    else if (can.retry) void retry([transfer.id]);
    else if (can.reveal) void library.getState().show(parentFolder(transfer.key), transfer.key);
    else if (can.answer) firstAnswer(event)?.focus();
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      {/* The rows take the focus in turn (ARIA Authoring Practices, roving tabindex). */}
      {/* eslint-disable-next-line jsx-a11y-x/interactive-supports-focus */}
      <div
        ref={scroller}
        className="transfer-list"
        role="grid"
        aria-label={t('transfers.list', { filter: t(`transfers.filter.${filter}`) })}
        aria-rowcount={count}
        onKeyDown={onKeyDown}
        data-dragging={dragged !== undefined || undefined}
      >
        <div role="presentation" className="transfer-length" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index: row, start, size }) => {
            const id = rows.at(row)?.id;
            if (id === undefined) return null;
            return (
              <TransferRow
                key={id}
                id={id}
                index={row}
                start={start}
                height={size}
                isActive={id === active}
                drop={dragged && dropMark(dragged.before, row, count)}
                isDragged={dragged?.id === id}
                onGrip={grip}
              />
            );
          })}
        </div>
      </div>
      <p className="visually-hidden" role="status">
        {moved}
      </p>
    </>
  );
}

/** The one that Tab reaches: the last that was used, else what took its place. */
function useActiveRow(filter: Filter, count: number): { active: string | undefined; activeIndex: number } {
  const { index } = useNearplay().transfers;
  const activeId = useTransfers((state) => state.activeId);
  const last = useRef(0);
  const found = activeId === undefined ? -1 : index.indexOf(filter, activeId);
  const place = found >= 0 ? found : Math.min(last.current, count - 1);
  useEffect(() => {
    last.current = Math.max(0, place);
  }, [place]);
  return { active: index.at(filter, place)?.id, activeIndex: place };
}

function heightOf(transfer: Transfer | undefined): number {
  return ROW_HEIGHTS_PX[transfer ? rowSizeOf(transfer) : 'plain'];
}

function withRow(rows: number[], row: number): number[] {
  return row < 0 || rows.includes(row) ? rows : [...rows, row].sort((one, other) => one - other);
}

function dropMark(before: number, row: number, count: number): 'before' | 'after' | undefined {
  if (before === row) return 'before';
  return before === count && row === count - 1 ? 'after' : undefined;
}

function firstAnswer(event: KeyboardEvent): HTMLElement | undefined {
  const row = event.target instanceof Element ? event.target : undefined;
  return row?.querySelector<HTMLElement>('.answers button') ?? undefined;
}

/**
 * Keeps the focus in the list when the row that had it is gone: cleared, or no longer what the filter shows. Returns how
 * to give it to a row that is about to be drawn.
 */
function useKeptFocus(
  scroller: React.RefObject<HTMLElement | null>,
  active: string | undefined,
  version: number,
): (id: string) => void {
  const wanted = useRef<string>(undefined);
  const had = useRef(false);
  useEffect(() => {
    const list = scroller.current;
    if (!list) return undefined;
    const leave = new AbortController();
    list.addEventListener('focusin', () => (had.current = true), { signal: leave.signal });
    list.addEventListener('focusout', ({ relatedTarget }) => (had.current = relatedTarget === null && had.current), {
      signal: leave.signal,
    });
    // A press beside the list takes the focus away on purpose.
    const press = ({ target }: Event): void => {
      if (!(target instanceof Node) || !list.contains(target)) had.current = false;
    };
    window.addEventListener('pointerdown', press, { signal: leave.signal, capture: true });
    return () => leave.abort();
  }, [scroller]);
  useLayoutEffect(() => {
    const lost = had.current && document.activeElement === document.body;
    const id = wanted.current ?? (lost ? active : undefined);
    if (id === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
    row?.focus({ preventScroll: true });
    if (row) wanted.current = undefined;
  }, [scroller, active, version]);
  return useCallback(
    (id) => {
      const row = scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
      if (row) row.focus({ preventScroll: true });
      else wanted.current = id;
    },
    [scroller],
  );
}

/** Says where a row went, once it is there. */
function useAnnouncedMoves(version: number): { moved: string; watchMove: (id: string) => void } {
  const { t } = useTranslation();
  const { transfers } = useNearplay();
  const [moved, setMoved] = useState('');
  const watched = useRef<{ id: string; from: number }>(undefined);
  useEffect(() => {
    const { id, from } = watched.current ?? {};
    if (id === undefined) return;
    const { filter } = transfers.getState();
    const place = transfers.index.indexOf(filter, id);
    if (place < 0 || place === from) return;
    watched.current = undefined;
    setMoved(t('transfers.moved', { name: transfers.index.get(id)?.name ?? '', position: place + 1 }));
  }, [version, transfers, t]);
  const watchMove = useCallback(
    (id: string) => {
      watched.current = { id, from: transfers.index.indexOf(transfers.getState().filter, id) };
    },
    [transfers],
  );
  return { moved, watchMove };
}

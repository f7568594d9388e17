import type { Virtualizer } from '@tanstack/react-virtual';
import {
  type PointerEvent as ReactPointerEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from 'react';

/** Pixels from the list's edge within which it scrolls under what is dragged, and how far with each frame. */
const SCROLL_EDGE_PX = 36;
const SCROLL_STEP_PX = 10;

/** A row on its way: it would go before the row of that index. */
export interface Dragged {
  id: string;
  before: number;
}

/**
 * Dragging a row to another place by its grip, with a pointer of any kind. The list scrolls along at its edges; Escape
 * leaves everything as it was.
 */
export function useReorder(
  scroller: RefObject<HTMLElement | null>,
  virtual: Virtualizer<HTMLDivElement, Element>,
  onDrop: (dragged: Dragged) => void,
): { dragged: Dragged | undefined; grip: (id: string, event: ReactPointerEvent) => void } {
  const [dragged, setDragged] = useState<Dragged>();
  const drop = useRef(onDrop);
  const end = useRef<() => void>(undefined);
  useEffect(() => {
    drop.current = onDrop;
  });
  useEffect(() => () => end.current?.(), []);

  const grip = useCallback(
    (id: string, event: ReactPointerEvent) => {
      const list = scroller.current;
      if (!list || event.button !== 0) return;
      event.preventDefault();
      let pointer = event.clientY;
      let now: Dragged | undefined;
      let frame = 0;
      const follow = (): void => {
        const box = list.getBoundingClientRect();
        if (pointer < box.top + SCROLL_EDGE_PX) list.scrollTop -= SCROLL_STEP_PX;
        else if (pointer > box.bottom - SCROLL_EDGE_PX) list.scrollTop += SCROLL_STEP_PX;
        const offset = pointer - box.top + list.scrollTop;
        const item = virtual.getVirtualItemForOffset(offset);
        if (item) {
          const before = item.index + (offset > item.start + item.size / 2 ? 1 : 0);
          if (before !== now?.before) setDragged((now = { id, before }));
        }
        frame = requestAnimationFrame(follow);
      };
      const moved = (move: PointerEvent): void => {
        pointer = move.clientY;
      };
      const finish = (accepted: boolean): void => {
        cancelAnimationFrame(frame);
        leave.abort();
        setDragged(undefined);
        if (accepted && now) drop.current(now);
      };
      const leave = new AbortController();
      const options = { signal: leave.signal };
      window.addEventListener('pointermove', moved, options);
      window.addEventListener('pointerup', () => finish(true), options);
      window.addEventListener('pointercancel', () => finish(false), options);
      window.addEventListener(
        'keydown',
        (press) => {
          if (press.key !== 'Escape') return;
          press.stopPropagation();
          finish(false);
        },
        { ...options, capture: true },
      );
      end.current = () => finish(false);
      frame = requestAnimationFrame(follow);
    },
    [scroller, virtual],
  );
  return { dragged, grip };
}

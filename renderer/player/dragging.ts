import type { PointerEvent } from 'react';

interface Dragging {
  onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  onPointerMove: (event: PointerEvent<HTMLElement>) => void;
}

/**
 * Handlers of what is dragged over the stage: they leave the focus to the stage, whose keys the arrows are.
 *
 * @param isClicked a press without a move drags too.
 */
export function dragging(drag: (event: PointerEvent<HTMLElement>) => void, isClicked = false): Dragging {
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      event.currentTarget.closest<HTMLElement>('.player')?.focus();
      event.currentTarget.setPointerCapture(event.pointerId);
      if (isClicked) drag(event);
    },
    onPointerMove: (event) => {
      if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
    },
  };
}

import { useEffect, useRef } from 'react';
import { usePlayerKeys } from '../usePlayerKeys.ts';
import { fitScale, maskedShares, moved, safeShares, type Size, zoomed } from './view.ts';
import { changeView, performView, useLooked, viewStore } from './viewStore.ts';

/** Of so many pixels of a wheel: as much as one press of a key. */
const WHEEL_ZOOM = 1.25;
const WHEEL_PX = 120;
/** A pointer that moves less has clicked. */
const DRAG_FROM_PX = 4;
/** Screen pixels for one of the picture from which each can be told apart. */
const MAGNIFIED = 3;

type Mark = React.RefObject<HTMLElement | null>;

/**
 * How the picture of a stage is looked at: nearer, moved, turned over, behind a mask. It acts on whatever engine draws, by the styles of
 * the stage that it is in, and draws over it what is marked.
 * @param follows another stage beside it has the keys, and says how large the picture is
 */
export function StageView({ follows = false }: { follows?: boolean }) {
  const mark = useRef<HTMLDivElement>(null);
  const { view, stage, picture } = useLooked();
  useSizes(mark, follows);
  usePointer(mark);
  usePlayerKeys((action) => {
    if (!follows) performView(action);
  });
  const scale = fitScale(stage, picture) * view.zoom;
  useEffect(() => {
    const element = stageOf(mark);
    if (!element) return;
    const { zoom, x, y, isFlipped, isFlopped, background } = view;
    const scales = `${zoom * (isFlopped ? -1 : 1)}, ${zoom * (isFlipped ? -1 : 1)}`;
    element.style.setProperty('--view', `translate(${x}px, ${y}px) scale(${scales})`);
    element.dataset['background'] = background;
    element.dataset['magnified'] = String(scale * window.devicePixelRatio >= MAGNIFIED);
    element.dataset['movable'] = String(zoom > 1);
  }, [view, scale]);
  const isMarked = scale > 0 && (view.mask !== 'none' || view.hasSafeAreas);
  const safe = safeShares(view.mask, picture);
  return (
    <div ref={mark} className="stage-view" aria-hidden="true">
      {isMarked && (
        <div
          className="stage-frame"
          style={{
            width: picture.width * scale,
            height: picture.height * scale,
            translate: `calc(${view.x}px - 50%) calc(${view.y}px - 50%)`,
          }}
        >
          {view.mask !== 'none' && <Marked name="mask" shares={maskedShares(view.mask, picture)} />}
          {view.hasSafeAreas && <Marked name="safe-area" shares={safe.action} />}
          {view.hasSafeAreas && <Marked name="safe-area" shares={safe.title} />}
        </div>
      )}
    </div>
  );
}

function Marked({ name, shares: { width, height } }: { name: string; shares: Size }) {
  return <div className={name} data-testid={name} style={{ width: `${width * 100}%`, height: `${height * 100}%` }} />;
}

function stageOf(mark: Mark): HTMLElement | undefined {
  return mark.current?.parentElement ?? undefined;
}

/** Pixels of what is on screen: of a film, a still or a canvas. */
function pictureIn(stage: Element): Size {
  const slot = stage.querySelector('.slot[data-active]:not([data-active="false"])');
  if (slot instanceof HTMLVideoElement) return { width: slot.videoWidth, height: slot.videoHeight };
  if (slot instanceof HTMLImageElement) return { width: slot.naturalWidth, height: slot.naturalHeight };
  if (slot instanceof HTMLCanvasElement) return { width: slot.width, height: slot.height };
  return { width: 0, height: 0 };
}

/** Looks again at each change of the stage or of what is in it. */
function useSizes(mark: Mark, follows: boolean): void {
  useEffect(() => {
    const element = stageOf(mark);
    if (!element || follows) return undefined;
    const ends = new AbortController();
    const look = (): void => {
      const now = { stage: { width: element.clientWidth, height: element.clientHeight }, picture: pictureIn(element) };
      const { stage, picture } = viewStore.getState();
      if (!isSame(stage, now.stage) || !isSame(picture, now.picture)) viewStore.setState(now);
    };
    const resizes = new ResizeObserver(look);
    resizes.observe(element);
    // A canvas says its size by its attributes; films and stills by events, which do not bubble.
    const changes = new MutationObserver(look);
    changes.observe(element, { subtree: true, childList: true, attributeFilter: ['width', 'height', 'data-active'] });
    for (const name of ['loadedmetadata', 'resize', 'load', 'emptied'])
      element.addEventListener(name, look, { capture: true, signal: ends.signal });
    look();
    return () => {
      ends.abort();
      resizes.disconnect();
      changes.disconnect();
    };
  }, [mark, follows]);
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

/** The wheel goes nearer to what is under the pointer; what is nearer than it fits is moved by dragging. */
function usePointer(mark: Mark): void {
  useEffect(() => {
    const stage = stageOf(mark);
    if (!stage) return undefined;
    const ends = new AbortController();
    const { signal } = ends;
    const wheel = (event: WheelEvent): void => {
      // Words over the stage scroll.
      if (event.target instanceof Element && event.target.closest('.state-panel')) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_PX / 3 : 1);
      const { left, top, width, height } = stage.getBoundingClientRect();
      const at = { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 };
      changeView((view, { picture }) =>
        picture.width === 0 ? view : zoomed(view, WHEEL_ZOOM ** (-pixels / WHEEL_PX), at),
      );
    };
    stage.addEventListener('wheel', wheel, { signal, passive: false });
    let from: { x: number; y: number } | undefined;
    let isDragging = false;
    const press = ({ target, button, clientX, clientY }: PointerEvent): void => {
      isDragging = false;
      const isOnControl = target instanceof Element && target.closest('button, a, input') !== null;
      const isMovable = button === 0 && !isOnControl && viewStore.getState().view.zoom > 1;
      from = isMovable ? { x: clientX, y: clientY } : undefined;
    };
    const move = ({ clientX, clientY, pointerId }: PointerEvent): void => {
      if (!from) return;
      const [x, y] = [clientX - from.x, clientY - from.y];
      if (!isDragging && Math.hypot(x, y) < DRAG_FROM_PX) return;
      isDragging = true;
      stage.setPointerCapture(pointerId);
      from = { x: clientX, y: clientY };
      changeView((view) => moved(view, x, y));
    };
    const release = (): void => (from = undefined);
    const click = (event: Event): void => {
      // The end of a drag is no click: it neither plays nor pauses.
      if (isDragging) event.stopPropagation();
      isDragging = false;
    };
    stage.addEventListener('pointerdown', press, { signal });
    stage.addEventListener('pointermove', move, { signal });
    stage.addEventListener('pointerup', release, { signal });
    stage.addEventListener('pointercancel', release, { signal });
    stage.addEventListener('click', click, { signal, capture: true });
    return () => ends.abort();
  }, [mark]);
}

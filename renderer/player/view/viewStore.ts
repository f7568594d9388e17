import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { PlayerAction } from '../playerKeys.ts';
import {
  fitted,
  kept,
  nextBackground,
  nextMask,
  pixelForPixel,
  PLAIN_VIEW,
  type Size,
  type View,
  zoomed,
} from './view.ts';

interface Looked {
  view: View;
  /** CSS pixels. */
  stage: Size;
  /** Its own pixels; 0 while none is known. */
  picture: Size;
}

const NOTHING: Size = { width: 0, height: 0 };
/** Of one press of a key. */
const ZOOM_STEP = 1.25;
const MIDDLE = { x: 0, y: 0 };

/** How pictures are looked at in this window, the same from one file to the next, and the sizes of what is on screen. */
export const viewStore = createStore<Looked>(() => ({ view: PLAIN_VIEW, stage: NOTHING, picture: NOTHING }));

export function useLooked(): Looked {
  return useStore(viewStore);
}

/** Changes the view, and keeps some of the picture in the stage. */
export function changeView(change: (view: View, looked: Looked) => View): void {
  viewStore.setState((looked) => {
    const view = change(looked.view, looked);
    return { view: looked.picture.width === 0 ? view : kept(view, looked.stage, looked.picture) };
  });
}

/** What is opened from the library is seen whole; mask and background stay. */
export function fitView(): void {
  changeView(fitted);
}

const CHANGES = {
  'zoom-in': (view) => zoomed(view, ZOOM_STEP, MIDDLE),
  'zoom-out': (view) => zoomed(view, 1 / ZOOM_STEP, MIDDLE),
  fit: fitted,
  pixels: (view, { stage, picture }) => pixelForPixel(view, stage, picture, window.devicePixelRatio) ?? view,
  flop: (view) => ({ ...view, isFlopped: !view.isFlopped }),
  flip: (view) => ({ ...view, isFlipped: !view.isFlipped }),
  mask: (view) => ({ ...view, mask: nextMask(view.mask) }),
  'safe-areas': (view) => ({ ...view, hasSafeAreas: !view.hasSafeAreas }),
  background: (view) => ({ ...view, background: nextBackground(view.background) }),
} satisfies Partial<Record<PlayerAction, (view: View, looked: Looked) => View>>;

/** Does what a key or a line of the menu asks for, where that is about how the picture is looked at. */
export function performView(action: PlayerAction): void {
  if (action in CHANGES) changeView(CHANGES[action as keyof typeof CHANGES]);
  if (action === 'picture-in-picture') void togglePictureInPicture();
}

/** Whether the film on screen can be put into a window of its own. */
export function hasPictureInPicture(): boolean {
  return document.pictureInPictureEnabled && film() !== null;
}

function film(): HTMLVideoElement | null {
  return document.querySelector<HTMLVideoElement>('.stage > video.slot[data-active="true"]');
}

/** The film in a window of its own, over those of other programs, where the system has that. */
async function togglePictureInPicture(): Promise<void> {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else if (hasPictureInPicture()) await film()?.requestPictureInPicture();
  } catch {
    // The system refused: the film stays where it is.
  }
}

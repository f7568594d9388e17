/** Width over height of the part of a picture that is looked at; undefined: all of it. */
export const MASKS = [
  { name: 'none', aspect: undefined },
  { name: '2.39', aspect: 2.39 },
  { name: '1.85', aspect: 1.85 },
  { name: '16:9', aspect: 16 / 9 },
  { name: '4:3', aspect: 4 / 3 },
  { name: '1:1', aspect: 1 },
  { name: '9:16', aspect: 9 / 16 },
] as const;
export type Mask = (typeof MASKS)[number]['name'];

/** What is behind and around a picture. */
export const BACKGROUNDS = ['dark', 'black', 'grey', 'checker', 'white'] as const;
export type Background = (typeof BACKGROUNDS)[number];

/** How a picture is looked at. It stays what it is: nothing of this changes a picture that is kept or compared. */
export interface View {
  /** 1: all of the picture fits into the stage. */
  zoom: number;
  /** From the middle of the stage to that of the picture, CSS pixels. */
  x: number;
  y: number;
  /** Upside down. */
  isFlipped: boolean;
  /** Left and right exchanged. */
  isFlopped: boolean;
  mask: Mask;
  hasSafeAreas: boolean;
  background: Background;
}

export const PLAIN_VIEW: View = {
  ...{ zoom: 1, x: 0, y: 0, isFlipped: false, isFlopped: false },
  ...{ mask: 'none', hasSafeAreas: false, background: 'dark' },
};

export interface Size {
  width: number;
  height: number;
}

const MIN_ZOOM = 0.1;
const MAX_ZOOM = 64;
/** Of a picture that is moved, so much stays in the stage, CSS pixels. */
const KEPT_PX = 48;
/** Of the picture's width and height (SMPTE ST 2046-1). */
const SAFE_SHARES = { action: 0.93, title: 0.9 } as const;

/** Nearer or farther by a factor; the point `at` of the picture, from the middle of the stage, stays where it is. */
export function zoomed(view: View, factor: number, at: { x: number; y: number }): View {
  const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, view.zoom * factor));
  const grown = zoom / view.zoom;
  return { ...view, zoom, x: at.x - (at.x - view.x) * grown, y: at.y - (at.y - view.y) * grown };
}

/** All of the picture, in the middle. */
export function fitted(view: View): View {
  return { ...view, zoom: 1, x: 0, y: 0 };
}

/** One pixel of the picture on one of the screen; undefined where the picture has no size. */
export function pixelForPixel(view: View, stage: Size, picture: Size, pixelRatio: number): View | undefined {
  const scale = fitScale(stage, picture);
  return scale > 0 ? zoomed(view, 1 / (pixelRatio * scale) / view.zoom, { x: 0, y: 0 }) : undefined;
}

/** Pixels of the screen for one of the picture, in percent; undefined where the picture has no size. */
export function percentOf({ zoom }: View, stage: Size, picture: Size, pixelRatio: number): number | undefined {
  const scale = fitScale(stage, picture);
  return scale > 0 ? Math.round(zoom * scale * pixelRatio * 100) : undefined;
}

export function moved(view: View, x: number, y: number): View {
  return { ...view, x: view.x + x, y: view.y + y };
}

/** So that some of the picture stays in the stage. */
export function kept(view: View, stage: Size, picture: Size): View {
  const scale = fitScale(stage, picture) * view.zoom;
  const within = (at: number, length: number, own: number): number => {
    const most = Math.max(0, (length + own * scale) / 2 - KEPT_PX);
    return Math.min(most, Math.max(-most, at));
  };
  return {
    ...view,
    x: within(view.x, stage.width, picture.width),
    y: within(view.y, stage.height, picture.height),
  };
}

export function nextMask(mask: Mask): Mask {
  const index = MASKS.findIndex(({ name }) => name === mask);
  return MASKS[(index + 1) % MASKS.length]?.name ?? 'none';
}

export function nextBackground(background: Background): Background {
  return BACKGROUNDS[(BACKGROUNDS.indexOf(background) + 1) % BACKGROUNDS.length] ?? 'dark';
}

/** Shares of the picture's width and height that a mask leaves; 1 and 1 without one. */
export function maskedShares(mask: Mask, picture: Size): Size {
  const aspect = MASKS.find(({ name }) => name === mask)?.aspect;
  if (aspect === undefined || picture.width === 0 || picture.height === 0) return { width: 1, height: 1 };
  const own = picture.width / picture.height;
  return own > aspect ? { width: aspect / own, height: 1 } : { width: 1, height: own / aspect };
}

/** Shares of the picture's width and height that are safe for action and for titles, within a mask. */
export function safeShares(mask: Mask, picture: Size): { action: Size; title: Size } {
  const { width, height } = maskedShares(mask, picture);
  const of = (share: number): Size => ({ width: width * share, height: height * share });
  return { action: of(SAFE_SHARES.action), title: of(SAFE_SHARES.title) };
}

/** CSS pixels for one of a picture that fits into the stage; 0 without a picture. */
export function fitScale(stage: Size, { width, height }: Size): number {
  return width > 0 && height > 0 ? Math.min(stage.width / width, stage.height / height) : 0;
}

import { z } from 'zod';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface RememberedWindow {
  bounds: Rectangle;
  maximized: boolean;
}

export const DEFAULT_SIZE = { width: 1280, height: 820 };
export const MINIMUM_SIZE = { width: 720, height: 480 };

/** Part of the title bar that must be visible on a display, so that the user can drag the window. */
const MIN_VISIBLE_TITLE_BAR = { width: 120, height: 32 };

const rememberedSchema = z.object({
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() }),
  maximized: z.boolean(),
});

/** Parses the stored window; `undefined` when it is invalid. */
export function parseRemembered(stored: unknown): RememberedWindow | undefined {
  const parsed = rememberedSchema.safeParse(stored);
  return parsed.success ? parsed.data : undefined;
}

/**
 * Bounds of a new window: the remembered ones, unless their display is gone; then the default size, centred by the
 * system. Sizes are device-independent pixels.
 */
export function boundsToOpen(
  remembered: RememberedWindow | undefined,
  workAreas: readonly Rectangle[],
): Partial<Rectangle> & { width: number; height: number } {
  if (!remembered) return DEFAULT_SIZE;
  const places = workAreas.map((area) => ({ area, place: fitted(remembered.bounds, area) }));
  return places.find(({ area, place }) => showsTitleBar(place, area))?.place ?? DEFAULT_SIZE;
}

function fitted(bounds: Rectangle, area: Rectangle): Rectangle {
  return {
    x: bounds.x,
    y: bounds.y,
    width: Math.min(Math.max(bounds.width, MINIMUM_SIZE.width), area.width),
    height: Math.min(Math.max(bounds.height, MINIMUM_SIZE.height), area.height),
  };
}

function showsTitleBar(window: Rectangle, area: Rectangle): boolean {
  const visible = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  return (
    visible >= MIN_VISIBLE_TITLE_BAR.width &&
    window.y >= area.y &&
    window.y + MIN_VISIBLE_TITLE_BAR.height <= area.y + area.height
  );
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fitScale,
  fitted,
  kept,
  maskedShares,
  MASKS,
  moved,
  nextBackground,
  nextMask,
  percentOf,
  pixelForPixel,
  PLAIN_VIEW,
  safeShares,
  zoomed,
} from '../../../../../renderer/player/view/view.ts';

const STAGE = { width: 1280, height: 640 };
const HD = { width: 1920, height: 1080 };

/** Where a point of the picture is, from the middle of the stage; the point is given from the middle of the picture that fits. */
const placeOf = ({ zoom, x, y }: typeof PLAIN_VIEW, point: { x: number; y: number }) => ({
  x: x + point.x * zoom,
  y: y + point.y * zoom,
});

describe('nearer and farther', () => {
  it('keeps what is under the pointer where it is', () => {
    const numbers = fc.double({ min: -600, max: 600, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, fc.double({ min: 0.3, max: 4, noNaN: true }), numbers, (x, y, factor, pan) => {
        const before = { ...PLAIN_VIEW, zoom: 1.5, x: pan, y: -pan / 2 };
        const point = { x: (x - before.x) / before.zoom, y: (y - before.y) / before.zoom };
        const place = placeOf(zoomed(before, factor, { x, y }), point);
        expect(place.x).toBeCloseTo(x, 6);
        expect(place.y).toBeCloseTo(y, 6);
      }),
    );
  });

  it('has bounds', () => {
    expect(zoomed(PLAIN_VIEW, 1e9, { x: 0, y: 0 }).zoom).toBe(64);
    expect(zoomed(PLAIN_VIEW, 0, { x: 0, y: 0 }).zoom).toBe(0.1);
  });

  it('pixel for pixel is 100%, on any screen', () => {
    for (const ratio of [1, 1.25, 2]) {
      const view = pixelForPixel(PLAIN_VIEW, STAGE, HD, ratio);
      expect(view && percentOf(view, STAGE, HD, ratio)).toBe(100);
    }
    expect(percentOf(PLAIN_VIEW, STAGE, HD, 1)).toBe(59);
    expect(percentOf(PLAIN_VIEW, STAGE, { width: 0, height: 0 }, 1)).toBeUndefined();
    expect(pixelForPixel(PLAIN_VIEW, STAGE, { width: 0, height: 0 }, 1)).toBeUndefined();
    expect(fitted({ ...PLAIN_VIEW, zoom: 3, x: 5, y: 6, isFlopped: true })).toEqual({ ...PLAIN_VIEW, isFlopped: true });
  });
});

it('some of a picture that is moved stays in the stage', () => {
  const far = kept(moved({ ...PLAIN_VIEW, zoom: 2 }, 1e6, -1e6), STAGE, HD);
  const scale = fitScale(STAGE, HD) * 2;
  expect(far.x - (HD.width * scale) / 2).toBeCloseTo(STAGE.width / 2 - 48, 6);
  expect(far.y + (HD.height * scale) / 2).toBeCloseTo(-STAGE.height / 2 + 48, 6);
  expect(kept(moved(PLAIN_VIEW, 10, 20), STAGE, HD)).toMatchObject({ x: 10, y: 20 });
});

describe('what is marked', () => {
  it('a mask leaves its aspect, within the picture', () => {
    for (const { name, aspect } of MASKS) {
      const { width, height } = maskedShares(name, HD);
      expect(Math.max(width, height)).toBe(1);
      if (aspect !== undefined) expect((width * HD.width) / (height * HD.height)).toBeCloseTo(aspect, 9);
    }
    expect(maskedShares('none', HD)).toEqual({ width: 1, height: 1 });
    expect(maskedShares('2.39', { width: 0, height: 0 })).toEqual({ width: 1, height: 1 });
  });

  it('safe areas are shares of what the mask leaves', () => {
    const { action, title } = safeShares('1:1', HD);
    expect(action.height).toBeCloseTo(0.93, 9);
    expect(title.width).toBeCloseTo((1080 / 1920) * 0.9, 9);
  });

  it('masks and backgrounds come round', () => {
    let mask: (typeof MASKS)[number]['name'] = 'none';
    const seen = MASKS.map(() => (mask = nextMask(mask)));
    expect(new Set(seen).size).toBe(MASKS.length);
    expect(mask).toBe('none');
    expect(nextBackground('white')).toBe('dark');
  });
});

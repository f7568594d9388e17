import { type RefObject, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { colourAt, shownChannels, storedAt } from '../images/colourChannels.ts';
import { type Looking, shownColour } from '../images/looking.ts';
import type { Picture, Rgba } from '../images/picture.ts';
import type { LoadedFrame } from './frameLoader.ts';
import { pixelUnder } from './pixelUnder.ts';
import { viewStore } from './view/viewStore.ts';

interface PixelValuesProps {
  canvas: RefObject<HTMLCanvasElement | null>;
  frame: LoadedFrame | undefined;
  looking: Looking;
}

/** The pixel under the pointer: what is stored for it, channel by channel, and what is shown, in 8 bits. */
export function PixelValues({ canvas, frame, looking }: PixelValuesProps) {
  const { t } = useTranslation();
  const [place, setPlace] = useState<{ x: number; y: number }>();
  useEffect(() => {
    const target = canvas.current;
    if (!target) return undefined;
    const move = (event: PointerEvent): void => setPlace(pixelUnder(target, event, viewStore.getState().view));
    const leave = (): void => setPlace(undefined);
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerleave', leave);
    return () => {
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerleave', leave);
    };
  }, [canvas]);
  const values = place && frame ? valuesAt(frame, place, looking) : undefined;
  return (
    <span className="looking-pixel" data-testid="pixel">
      {values && (
        <>
          <span className="muted">{t('looking.place', values.place)}</span>
          {values.are !== 'stored' && <span className="muted">{t(`looking.valuesAre.${values.are}`)}</span>}
          {values.stored.map(({ name, value }) => (
            <span key={name}>
              <span className="muted">{name}</span> {shownNumber(value)}
            </span>
          ))}
          <span className="muted">
            {values.cover === undefined
              ? t('looking.shown', { shown: values.shown.join(' ') })
              : t('looking.shownThrough', { shown: values.shown.join(' '), percent: values.cover })}
          </span>
        </>
      )}
    </span>
  );
}

interface PixelOnScreen {
  place: { x: number; y: number };
  are: NonNullable<Picture['values']>;
  /** None where they are not known. */
  stored: { name: string; value: number }[];
  /** 8 bits each. */
  shown: number[];
  /** Percent of what is behind that it covers; undefined where it covers all. */
  cover: number | undefined;
}

function valuesAt(frame: LoadedFrame, place: PixelOnScreen['place'], looking: Looking): PixelOnScreen | undefined {
  const { x, y } = place;
  if (frame.is === 'picture') {
    const { picture } = frame;
    const channels = shownChannels(picture);
    const stored = storedAt(picture, x, y);
    if (!channels || !stored) return undefined;
    const are = picture.values ?? 'stored';
    const colour = colourAt(picture, channels, x, y);
    const isOpaque = picture.isSeeThrough !== true || looking.channel !== 'colour' || colour[3] >= 1;
    return {
      place,
      are,
      stored: are === 'unknown' ? [] : stored,
      shown: eightBit(shownColour(colour, picture.transfer, looking)),
      cover: isOpaque ? undefined : Math.round(colour[3] * 100),
    };
  }
  if (frame.is !== 'bitmap') return undefined;
  const bytes = bitmapPixel(frame.bitmap, x, y);
  const colour: Rgba = [bytes[0] / 255, bytes[1] / 255, bytes[2] / 255, bytes[3] / 255];
  const shown = eightBit(shownColour(colour, 'srgb', looking));
  return { place, are: 'unknown', stored: [], shown, cover: undefined };
}

/** As the engine decoded it, 8 bits a channel. */
function bitmapPixel(bitmap: ImageBitmap, x: number, y: number): Rgba {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context?.drawImage(bitmap, -x, -y);
  const [red = 0, green = 0, blue = 0, alpha = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
  return [red, green, blue, alpha];
}

function eightBit(colour: readonly number[]): number[] {
  return colour.map((value) => Math.round(value * 255));
}

/** Whole numbers whole, others with as many figures as a half has. */
function shownNumber(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toPrecision(4);
}

import { describe, expect, it } from 'vitest';
import { SLOW_WINDOW_MS, SlowWatch, type SourceMoment } from '../../../../renderer/player/slowWatch.ts';

const STEP_MS = 250;

/** Looks four times a second. Returns when the source was first called slow, milliseconds, and what arrived then. */
function watch(
  seconds: number,
  moment: (at: number) => Partial<SourceMoment>,
): { at: number; rate: number } | undefined {
  const slow = new SlowWatch();
  for (let at = 0; at <= seconds * 1000; at += STEP_MS) {
    const rate = slow.look({ at, isLoading: true, loaded: at / 1000, ahead: 0, speed: 1, ...moment(at) });
    if (rate !== undefined) return { at, rate };
  }
  return undefined;
}

describe('a source is slow', () => {
  it('when less arrives than plays, over a while, and how much it is', () => {
    expect(watch(30, (at) => ({ loaded: at / 4000 }))).toEqual({ at: SLOW_WINDOW_MS, rate: 0.25 });
  });

  it('when it becomes so', () => {
    const told = watch(60, (at) => ({ loaded: Math.min(at, 20_000) / 1000 }));
    expect(told?.at).toBeGreaterThan(20_000);
    expect(told?.at).toBeLessThanOrEqual(20_000 + SLOW_WINDOW_MS);
  });

  it('when it brings what plays at its speed, and not at a higher one', () => {
    expect(watch(30, () => ({ speed: 2 }))?.rate).toBe(1);
  });
});

it.each<[string, (at: number) => Partial<SourceMoment>]>([
  ['brings what plays', () => ({})],
  ['brings it a little unevenly', (at) => ({ loaded: at / 1000 - (at % 1000) / 3000 })],
  ['has much ahead', (at) => ({ loaded: at / 4000, ahead: 3 })],
  ['is not asked: all is there', (at) => ({ loaded: at / 4000, isLoading: false })],
  ['is asked now and then', (at) => ({ loaded: at / 4000, isLoading: at % 3000 > 0 })],
  ['is left for another place all the time', (at) => ({ loaded: (at % 4000) / 4000 })],
  ['plays at another speed all the time', (at) => ({ loaded: at / 4000, speed: 1 + Math.floor(at / 4000) })],
])('a source that %s is not slow', (_what, moment) => {
  expect(watch(60, moment)).toBeUndefined();
});

it('a computer that slept is no slow source', () => {
  const slow = new SlowWatch();
  const moment = { isLoading: true, loaded: 5, ahead: 0, speed: 1 };
  expect(slow.look({ ...moment, at: 0 })).toBeUndefined();
  expect(slow.look({ ...moment, at: 3_600_000 })).toBeUndefined();
});

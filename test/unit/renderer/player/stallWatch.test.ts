import { describe, expect, it } from 'vitest';
import {
  type MediaMoment,
  OPENING_TIMEOUT_MS,
  STALL_TIMEOUT_MS,
  StallWatch,
} from '../../../../renderer/player/stallWatch.ts';

const STEP = 250;

/** Looks four times a second; `moment` says what there is to see. Returns when the source was called dead. */
function watch(seconds: number, moment: (at: number) => Partial<MediaMoment>, stall = new StallWatch()): number[] {
  const told: number[] = [];
  for (let at = 0; at <= seconds * 1000; at += STEP) {
    const seen = { at, position: 0, buffered: 0, readyState: 1, wanting: true, ...moment(at) };
    if (stall.look(seen)) told.push(at);
  }
  return told;
}

describe('a source that falls silent', () => {
  it('is told once, four seconds after the last sign of life', () => {
    const told = watch(30, (at) => ({ position: Math.min(at, 2000) / 1000 }));
    expect(told).toEqual([2000 + STALL_TIMEOUT_MS]);
  });

  it('has longer before anything was shown', () => {
    expect(watch(30, () => ({}))).toEqual([OPENING_TIMEOUT_MS]);
  });

  it('is not one that is slow: bytes that arrive are a sign of life', () => {
    const stall = new StallWatch();
    stall.reset(true);
    const told = watch(30, (at) => ({ buffered: Math.floor(at / 3000) }), stall);
    expect(told).toEqual([]);
    stall.heard();
  });

  it('is not one that is paused', () => {
    expect(watch(30, () => ({ wanting: false }))).toEqual([]);
  });

  it('is told again when it goes silent again after playing', () => {
    const told = watch(20, (at) => ({ position: at < 1000 ? at / 1000 : at < 8000 ? 1 : Math.min(at, 9000) / 1000 }));
    expect(told).toHaveLength(2);
  });
});

it('a computer that slept is not a source that did', () => {
  const stall = new StallWatch();
  stall.reset(true);
  const still = { position: 3, buffered: 9, readyState: 4, wanting: true };
  expect(stall.look({ ...still, at: 0 })).toBe(false);
  expect(stall.look({ ...still, at: 3_600_000 })).toBe(false);
});

it('counts what was played, and not what was skipped', () => {
  const stall = new StallWatch();
  watch(4, (at) => ({ position: at / 1000 + (at >= 2000 ? 600 : 0) }), stall);
  expect(stall.played).toBeCloseTo(4 - STEP / 1000);
});

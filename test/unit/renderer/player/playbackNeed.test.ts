import { expect, it } from 'vitest';
import { PlaybackNeeds } from '../../../../renderer/player/playbackNeed.ts';

/** Looks four times a second at what is loaded ahead; returns what was reported, and when. */
function reports(ahead: readonly number[], others: { isWanting?: boolean; isFull?: boolean } = {}): [number, string][] {
  const time = { now: 0 };
  const told: [number, string][] = [];
  const needs = new PlaybackNeeds(
    (need) => told.push([time.now, need]),
    () => time.now,
  );
  for (const seconds of ahead) {
    needs.look({ isWanting: true, isFull: false, ahead: seconds, ...others });
    time.now += 250;
  }
  needs.end();
  return told;
}

it('is short below four seconds, and has enough from eight', () => {
  expect(reports([3, 5, 7, 9, 7, 5, 3])).toEqual([
    [0, 'short'],
    [750, 'enough'],
    [1500, 'short'],
    [1750, 'over'],
  ]);
});

it('repeats itself once a second', () => {
  expect(reports([1, 1, 1, 1, 1, 1, 1, 1])).toEqual([
    [0, 'short'],
    [1000, 'short'],
    [2000, 'over'],
  ]);
});

it('has enough with a full buffer, however short that is', () => {
  expect(reports([1, 1], { isFull: true })).toEqual([
    [0, 'enough'],
    [500, 'over'],
  ]);
});

it('says nothing while nothing plays', () => {
  expect(reports([0, 0, 0], { isWanting: false })).toEqual([]);
});

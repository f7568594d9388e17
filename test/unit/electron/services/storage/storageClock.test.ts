import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageClock } from '../../../../../electron/services/storage/storageClock.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const START = Date.UTC(2026, 0, 2, 12);

interface Answer {
  /** Milliseconds since the last answer. */
  pause: number;
  there: number;
  back: number;
}
const answers = (slowest: number) =>
  fc.array(
    fc.record({
      pause: fc.integer({ min: 1, max: 5 * SECOND }),
      there: fc.integer({ min: 0, max: slowest }),
      back: fc.integer({ min: 0, max: slowest }),
    }),
    { minLength: 1, maxLength: 60 },
  );

/** Plays answers of a storage whose clock is `offset` ahead; calls `check` after each. Returns this machine's time. */
function play(clock: StorageClock, list: readonly Answer[], offset: number, from: number, check?: () => void): number {
  let now = from;
  for (const { pause, there, back } of list) {
    const askedAt = now + pause;
    const writtenAt = askedAt + there;
    now = writtenAt + back;
    clock.observe(Math.floor((writtenAt + offset) / SECOND) * SECOND, askedAt, now);
    check?.();
  }
  return now;
}

const offsetOf = (clock: StorageClock) => clock.offset() ?? Number.NaN;
const offsets = fc.integer({ min: -5 * HOUR, max: 5 * HOUR });

it('is not known before the storage has answered', () => {
  expect(new StorageClock().offset()).toBeUndefined();
});

describe('the estimate', () => {
  it('property: is within 500 ms and half the slowest answer from the first answer on, whatever the network does', () => {
    fc.assert(
      fc.property(offsets, answers(3000), (offset, list) => {
        const clock = new StorageClock();
        const [first] = list;
        const bound = 500 + ((first?.there ?? 0) + (first?.back ?? 0)) / 2;
        play(clock, list, offset, START, () => {
          expect(Math.abs(offsetOf(clock) - offset)).toBeLessThanOrEqual(bound);
        });
      }),
    );
  });

  it('property: is never made worse than its best answer by slower ones, and never jumps by more than it could be wrong', () => {
    fc.assert(
      fc.property(offsets, answers(0), answers(20_000), (offset, quick, slow) => {
        const clock = new StorageClock();
        const now = play(clock, quick, offset, START);
        let last = offsetOf(clock);
        play(clock, slow, offset, now, () => {
          expect(Math.abs(offsetOf(clock) - offset)).toBeLessThanOrEqual(500);
          expect(Math.abs(offsetOf(clock) - last)).toBeLessThanOrEqual(500);
          last = offsetOf(clock);
        });
      }),
    );
  });

  it('converges to a few milliseconds with answers at all moments of a second', () => {
    const clock = new StorageClock();
    const list = Array.from({ length: 200 }, () => ({ pause: 137, there: 1, back: 1 }));
    play(clock, list, 4321, START);
    expect(Math.abs(offsetOf(clock) - 4321)).toBeLessThan(20);
  });

  it('property: recovers with the first quick answer after either clock was set', () => {
    fc.assert(
      fc.property(offsets, offsets, answers(300), (before, after, list) => {
        fc.pre(Math.abs(before - after) > 5 * SECOND);
        const clock = new StorageClock();
        const now = play(clock, list, before, START);
        play(clock, [{ pause: 10, there: 50, back: 50 }], after, now);
        expect(Math.abs(offsetOf(clock) - after)).toBeLessThanOrEqual(600);
      }),
    );
  });

  it('follows a clock that drifts, as those of laptops do', () => {
    const clock = new StorageClock();
    let now = START;
    for (let minute = 0; minute < 24 * 60; minute++) {
      const drifted = Math.round(minute * 3);
      now = play(clock, [{ pause: 60 * SECOND + (minute % 7) * 100, there: 40, back: 40 }], drifted, now);
      expect(Math.abs(offsetOf(clock) - drifted)).toBeLessThan(1100);
    }
  });
});

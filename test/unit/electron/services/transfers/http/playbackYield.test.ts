import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlaybackYield } from '../../../../../../electron/services/transfers/http/playbackYield.ts';
import { PlaybackNeeds } from '../../../../../../renderer/player/playbackNeed.ts';
import { MIB, SECOND_MS } from '../../../../../../shared/units.ts';

const TICK_MS = 50;

interface LineOptions {
  /** Bytes a second of the whole line, and of the film. */
  line: number;
  film: number;
  /** Connections that transfers would have; the film has one. All get the same of a line that is full. */
  connections: number;
  seconds: number;
  /** Seconds of film that are loaded at the start, and that fit. */
  loaded?: number;
  mostLoaded?: number;
}

/** A film and transfers on one line. Returns seconds without a picture, and bytes that the transfers got. */
function share(options: LineOptions, isYielding = true): { stalled: number; transferred: number } {
  const { line, film, connections, seconds, loaded = 2, mostLoaded = 20 } = options;
  const time = { now: 0 };
  const yielding = new PlaybackYield(() => time.now);
  const needs = new PlaybackNeeds(
    (need) => isYielding && yielding.report(need),
    () => time.now,
  );
  let [ahead, stalled, transferred] = [loaded, 0, 0];
  // Transfers were there before.
  for (; time.now < 2 * SECOND_MS; time.now += TICK_MS) yielding.addBytes((line * TICK_MS) / SECOND_MS);
  for (let at = 0; at < seconds * SECOND_MS; at += TICK_MS) {
    time.now += TICK_MS;
    const isFull = ahead >= mostLoaded;
    needs.look({ isWanting: true, ahead, isFull });
    const wanted = Math.min(yielding.bytesPerSecond ?? Infinity, line);
    // Connections that wait for the limit leave their part to the film.
    const forFilm = isFull ? 0 : Math.max(line / (connections + 1), line - wanted);
    const forTransfers = Math.min(wanted, line - forFilm);
    yielding.addBytes((forTransfers * TICK_MS) / SECOND_MS);
    transferred += (forTransfers * TICK_MS) / SECOND_MS;
    ahead += ((forFilm / film) * TICK_MS) / SECOND_MS;
    if (ahead >= TICK_MS / SECOND_MS) ahead -= TICK_MS / SECOND_MS;
    else stalled += TICK_MS / SECOND_MS;
  }
  return { stalled, transferred };
}

describe('a film and transfers on one line', () => {
  const usual = { line: 100e6, film: 5e6, connections: 64, seconds: 120 };

  it('would stall without the yield', () => {
    expect(share(usual, false).stalled).toBeGreaterThan(10);
  });

  it('does not stall, and leaves the rest to the transfers', () => {
    const { stalled, transferred } = share(usual);
    expect(stalled).toBe(0);
    expect(transferred).toBeGreaterThan(0.5 * (usual.line - usual.film) * usual.seconds);
  });

  it('does not stall on any line that carries the film', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e6, max: 500e6, noNaN: true }),
        fc.double({ min: 0.02, max: 0.8, noNaN: true }),
        fc.integer({ min: 1, max: 256 }),
        (line, part, connections) => share({ line, film: line * part, connections, seconds: 120 }).stalled <= 1,
      ),
    );
  });
});

describe('what a player leaves', () => {
  function after(milliseconds: number, act: (yielding: PlaybackYield, time: { now: number }) => void): PlaybackYield {
    const time = { now: 0 };
    const yielding = new PlaybackYield(() => time.now);
    for (; time.now < SECOND_MS; time.now += TICK_MS) yielding.addBytes((20 * MIB * TICK_MS) / SECOND_MS);
    act(yielding, time);
    time.now += milliseconds;
    return yielding;
  }

  it('is all while nothing plays', () => {
    const yielding = after(0, () => undefined);
    expect(yielding.bytesPerSecond).toBeNull();
    expect(yielding.mostRequests).toBe(Infinity);
  });

  it('is half at once when a player is short', () => {
    const yielding = after(0, (made) => made.report('short'));
    expect(yielding.bytesPerSecond).toBeCloseTo(10 * MIB, -6);
    expect(yielding.mostRequests).toBeLessThan(300);
  });

  it('is never nothing', () => {
    const yielding = after(0, (made, time) => {
      for (let step = 0; step < 60; step++) {
        made.report('short');
        time.now += SECOND_MS;
      }
    });
    expect(yielding.bytesPerSecond).toBeGreaterThanOrEqual(64 * 1024);
    expect(yielding.mostRequests).toBeGreaterThanOrEqual(2);
  });

  it('is all again when it is over', () => {
    const yielding = after(0, (made) => {
      made.report('short');
      made.report('over');
    });
    expect(yielding.bytesPerSecond).toBeNull();
  });

  it('is all again when the player is gone without a word', () => {
    const yielding = after(5 * SECOND_MS, (made) => made.report('short'));
    expect(yielding.bytesPerSecond).toBeNull();
  });
});

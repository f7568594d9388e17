import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steadyClock } from '../../../../../electron/services/runtime/steadyClock.ts';
import { HOUR_MS, SECOND_MS } from '../../../../../shared/units.ts';

interface Computer {
  awake: number;
  slept: number;
  clock: () => number;
}

function start(): Computer {
  const computer: Computer = { awake: 5000, slept: 0, clock: () => 0 };
  computer.clock = steadyClock({
    awake: () => computer.awake,
    // In whole hundredths of a second, as the file of Linux has it.
    sinceStart: () => HOUR_MS + Math.floor((computer.awake + computer.slept) / 10) * 10,
  });
  return computer;
}

it('counts a sleep of the computer, which the clock of the process does not', () => {
  const computer = start();
  const before = computer.clock();
  computer.slept += 8 * HOUR_MS;
  computer.awake += 10 * SECOND_MS;
  expect(computer.clock() - before).toBeGreaterThan(8 * HOUR_MS);
  expect(Math.abs(computer.clock() - before - 8 * HOUR_MS - 10 * SECOND_MS)).toBeLessThan(SECOND_MS);
});

it('property: is never set back, and is right to a second soon after any sleeps', () => {
  const steps = fc.array(
    fc.record({ awake: fc.integer({ min: 0, max: 60_000 }), slept: fc.integer({ min: 0, max: HOUR_MS }) }),
  );
  fc.assert(
    fc.property(steps, (list) => {
      const computer = start();
      const [began, from] = [computer.clock(), computer.awake];
      let last = began;
      for (const { awake, slept } of list) {
        computer.slept += slept;
        computer.awake += awake;
        expect(computer.clock()).toBeGreaterThanOrEqual(last);
        last = computer.clock();
      }
      computer.awake += 100;
      expect(Math.abs(computer.clock() - began - (computer.awake - from) - computer.slept)).toBeLessThan(1020);
    }),
  );
});

it('is exact to the millisecond between two sleeps', () => {
  const computer = start();
  const before = computer.clock();
  computer.awake += 1234;
  expect(computer.clock() - before).toBe(1234);
});

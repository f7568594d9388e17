import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConcurrencyController } from '../../../../../../electron/services/transfers/http/concurrencyController.ts';

const LIMITS = { least: 2, most: 24, first: 6 };

/** Lets a line work for some seconds that carries `pace(limit)` bytes a second. */
function work(
  controller: ConcurrencyController,
  from: number,
  seconds: number,
  pace: (limit: number) => number,
): number {
  for (let time = from + 100; time <= from + seconds * 1000; time += 100) {
    controller.addBytes(pace(controller.limit) / 10, true, time);
  }
  return from + seconds * 1000;
}

it('goes up as long as the line gets faster, and stays near where it no longer does', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  work(controller, 0, 120, (limit) => Math.min(limit, 14) * 10_000_000);
  expect(controller.limit).toBeGreaterThanOrEqual(12);
  expect(controller.limit).toBeLessThanOrEqual(18);
});

it('fills a fast line within two seconds', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  work(controller, 0, 2, (limit) => limit * 10_000_000);
  expect(controller.limit).toBe(24);
});

it('takes a doubling back that brought little, and goes on by steps', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  const now = work(controller, 0, 1, (limit) => Math.min(limit, 7) * 10_000_000);
  expect(controller.limit).toBe(6);
  work(controller, now, 10, (limit) => limit * 10_000_000);
  expect(controller.limit).toBe(8);
});

it('does not double again after a complaint', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  controller.slowDown(0);
  expect(controller.limit).toBe(3);
  work(controller, 5000, 2, (limit) => limit * 10_000_000);
  expect(controller.limit).toBeLessThanOrEqual(7);
});

it('does not go up on a line that one request fills', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  work(controller, 0, 120, () => 1_000_000);
  expect(controller.limit).toBeLessThanOrEqual(10);
});

it('halves once for complaints that come together, and does not go up at once', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  let now = work(controller, 0, 60, (limit) => limit * 1_000_000);
  expect(controller.limit).toBe(24);
  for (let request = 0; request < 10; request++) controller.slowDown(now + request);
  expect(controller.limit).toBe(12);
  now = work(controller, now, 4, (limit) => limit * 1_000_000);
  expect(controller.limit).toBe(12);
  controller.slowDown(now);
  expect(controller.limit).toBe(6);
});

it('learns nothing where not all slots are in use', () => {
  const controller = new ConcurrencyController(LIMITS, 0);
  for (let time = 100; time < 60_000; time += 100) controller.addBytes(time * 1000, false, time);
  expect(controller.limit).toBe(6);
});

it('never leaves its limits', () => {
  const event = fc.record({ after: fc.integer({ min: 1, max: 3000 }), bytes: fc.nat(), complains: fc.boolean() });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const controller = new ConcurrencyController(LIMITS, 0);
      let now = 0;
      for (const { after, bytes, complains } of events) {
        now += after;
        controller.addBytes(bytes, true, now);
        if (complains) controller.slowDown(now);
        expect(controller.limit).toBeGreaterThanOrEqual(2);
        expect(controller.limit).toBeLessThanOrEqual(24);
      }
    }),
  );
});

const LONG_LIMITS = { least: 2, most: 256, first: 6 };

it('begins with as many as a long line takes, and with no more than usual for a near one', () => {
  const near = new ConcurrencyController(LONG_LIMITS, 0);
  near.roundTrip(2);
  expect(near.limit).toBe(6);
  const far = new ConcurrencyController(LONG_LIMITS, 0);
  far.roundTrip(150);
  expect(far.limit).toBe(75);
  far.roundTrip(10);
  expect(far.limit).toBe(75);
  far.roundTrip(100_000);
  expect(far.limit).toBe(256);
});

it('does not listen to delays once a complaint came', () => {
  const controller = new ConcurrencyController(LONG_LIMITS, 0);
  controller.slowDown(0);
  controller.roundTrip(150);
  expect(controller.limit).toBe(3);
});

it('comes down from what the delay promised on a line that is long and narrow', () => {
  const controller = new ConcurrencyController(LONG_LIMITS, 0);
  controller.roundTrip(150);
  work(controller, 0, 3, () => 500_000);
  expect(controller.limit).toBeLessThanOrEqual(11);
  expect(controller.limit).toBeGreaterThanOrEqual(6);
});

it('waits for connections to be made before it judges them', () => {
  const controller = new ConcurrencyController(LONG_LIMITS, 0);
  controller.roundTrip(150);
  const now = work(controller, 0, 1, () => 0);
  work(controller, now, 1, (limit) => limit * 1_000_000);
  expect(controller.limit).toBeGreaterThanOrEqual(75);
});

it('stays up for small objects, whose requests end soon', () => {
  const controller = new ConcurrencyController(LONG_LIMITS, 0);
  controller.roundTrip(150);
  const before = controller.limit;
  for (let time = 100; time <= 600; time += 100) {
    for (let request = 0; request < 40; request++) controller.requestOver();
    controller.addBytes(40 * 2000, true, time);
  }
  expect(controller.limit).toBeGreaterThanOrEqual(before);
});

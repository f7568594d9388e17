import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  atDestination,
  isDriveSilent,
  syncAtDestination,
} from '../../../../../electron/services/files/destinationDisk.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../../shared/units.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<never>(() => undefined);
/** The error of an attempt, as soon as there is one. */
const errorOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
const silent = { code: 'destination-unwritable', message: expect.stringContaining('does not answer') as string };

it('ends the wait for a drive that does not answer, and says so', async () => {
  const error = errorOf(atDestination('/drive/plate.mov', never));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(await error).toMatchObject(silent);
  expect(isDriveSilent(await error)).toBe(true);
  // Known to be silent, it is not waited for as long again; a flush neither.
  const again = [atDestination('/drive/b.mov', never), syncAtDestination('/drive/b.mov', never)].map(errorOf);
  await vi.advanceTimersByTimeAsync(5 * SECOND_MS);
  expect(await Promise.all(again)).toMatchObject([silent, silent]);
});

it('never begins more than a share of the threads holds, however many wait', async () => {
  let begun = 0;
  const attempts = Array.from({ length: 100 }, (_, index) =>
    errorOf(
      atDestination(`/drive/${index}.mov`, () => {
        begun += 1;
        return never();
      }),
    ),
  );
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  expect(await Promise.all(attempts)).toMatchObject(attempts.map(() => silent));
  expect(begun).toBeLessThanOrEqual(16);
});

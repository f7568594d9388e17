import { expect, it, vi } from 'vitest';
import { deadline, orCancelled } from '../../../../../electron/services/runtime/async.ts';

const never = new Promise<string>(() => undefined);

it('gives what comes of the work, and leaves no timer', async () => {
  vi.useFakeTimers();
  await expect(deadline(Promise.resolve('done'), 1000, () => 'late')).resolves.toBe('done');
  await expect(deadline(Promise.reject(new Error('no')), 1000, () => 'late')).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('gives what is said when the time is over', async () => {
  await expect(deadline(never, 1, () => 'late')).resolves.toBe('late');
});

it('throws what is thrown when the time is over', async () => {
  const late = () => {
    throw new Error('too late');
  };
  await expect(deadline(never, 1, late)).rejects.toThrow('too late');
});

it('leaves no failure of cancelled work unhandled', async () => {
  const missed: unknown[] = [];
  const miss = (reason: unknown) => missed.push(reason);
  process.on('unhandledRejection', miss);
  try {
    await expect(orCancelled(Promise.reject(new Error('late')), AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(missed).toEqual([]);
  } finally {
    process.off('unhandledRejection', miss);
  }
});

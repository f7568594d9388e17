import { expect, it, vi } from 'vitest';
import { deadline } from '../../../../../electron/services/runtime/async.ts';

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

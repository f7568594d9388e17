import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ReadyNotifications } from '../../../../../electron/services/replication/readyNotifications.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const inSydney = (key: string) => ({ key, storage: 'sydney', label: 'Sydney' });

it('tells of one at once, of what follows together, and then at once again', () => {
  const tell = vi.fn();
  const news = new ReadyNotifications({ notify: tell, interval: 1000 });
  news.add(inSydney('a.mov'));
  expect(tell.mock.lastCall).toEqual([{ ...inSydney('a.mov'), others: 0 }]);
  for (const key of ['b.mov', 'c.mov', 'd.mov']) news.add(inSydney(key));
  news.add({ key: 'a.mov', storage: 'london', label: 'London' });
  expect(tell).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1000);
  expect(tell.mock.lastCall).toEqual([{ ...inSydney('b.mov'), others: 2 }]);
  news.add(inSydney('e.mov'));
  expect(tell).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(1000);
  expect(tell.mock.lastCall).toEqual([{ ...inSydney('e.mov'), others: 0 }]);
  vi.advanceTimersByTime(5000);
  news.add(inSydney('f.mov'));
  expect(tell).toHaveBeenCalledTimes(5);
});

it('tells nothing after it was stopped', () => {
  const tell = vi.fn();
  const news = new ReadyNotifications({ notify: tell });
  news.add(inSydney('a.mov'));
  news.add(inSydney('b.mov'));
  news.stop();
  vi.runAllTimers();
  expect(tell).toHaveBeenCalledOnce();
});

import { expect, it } from 'vitest';
import { Notifications } from '../../../../renderer/store/notifications.ts';

it('keeps at most three notifications, the newest, and counts alike ones together', () => {
  const { notify, queue } = new Notifications();
  notify({ kind: 'saved-file', name: 'one.json' }, 'good');
  notify({ kind: 'not-copied' }, 'bad');
  notify({ kind: 'imported' }, 'good');
  notify({ kind: 'not-copied' }, 'bad');
  notify({ kind: 'preferences-saved' }, 'good');
  expect(queue.visibleToasts.map(({ content }) => content)).toMatchObject([
    { text: { kind: 'preferences-saved' }, times: 1 },
    { text: { kind: 'not-copied' }, times: 2 },
    { text: { kind: 'imported' }, times: 1 },
  ]);
  // The oldest is gone for good, and does not wait for a place.
  for (const { key } of queue.visibleToasts) queue.close(key);
  expect(queue.visibleToasts).toEqual([]);
});

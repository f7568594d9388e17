// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Toasts } from '../../../../renderer/app/Toasts.tsx';
import { draw } from '../drawn.tsx';

const SHOWN_MS = 5000;

const shown = () => screen.queryAllByTestId('toast').map((toast) => toast.textContent);
const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

/** The notifications, over a clock that the test moves. */
async function drawToasts() {
  const drawn = await draw(<Toasts />);
  const { notify } = drawn.nearplay.notifications;
  return { ...drawn, save: (name: string) => act(() => notify({ kind: 'saved-file', name }, 'good')) };
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the clock of a notification', () => {
  it('runs out', async () => {
    const { save } = await drawToasts();
    save('one.json');
    expect(shown()).toEqual(['Saved as one.json']);
    await pass(SHOWN_MS);
    expect(shown()).toEqual([]);
  });

  it('stands under the pointer and goes on after it', async () => {
    const { save, user } = await drawToasts();
    save('one.json');
    await pass(4000);
    await user.hover(screen.getByTestId('toast'));
    await pass(10 * SHOWN_MS);
    expect(shown()).toEqual(['Saved as one.json']);
    await user.unhover(screen.getByTestId('toast'));
    await pass(1500);
    expect(shown()).toEqual([]);
  });

  it('stands while the keyboard is in the notifications, also for one that comes then', async () => {
    const { save } = await drawToasts();
    save('one.json');
    act(() => screen.getByRole('button', { name: 'Dismiss' }).focus());
    save('two.json');
    await pass(10 * SHOWN_MS);
    expect(shown()).toEqual(['Saved as one.json', 'Saved as two.json']);
    act(() => screen.getAllByRole('button', { name: 'Dismiss' })[0]?.blur());
    await pass(SHOWN_MS + 500);
    expect(shown()).toEqual([]);
  });
});

describe('a failure', () => {
  const error = {
    code: 'access-denied',
    message: 'Refused.',
    retryable: false,
    detail: '<b>no</b>\u202e role',
  } as const;
  const transfers = { kind: 'failed', direction: 'upload', name: 'a.mov', error } as const;

  it.each([
    ['of a request', { kind: 'report', report: error }, 'Refused.“<b>no</b> role”'],
    [
      'of one transfer',
      { kind: 'transfers', about: { ...transfers, count: 1 } },
      'a.mov was not uploaded: Refused.“<b>no</b> role”',
    ],
    [
      'of several, which shows the words of none',
      { kind: 'transfers', about: { ...transfers, count: 2 } },
      '2 files were not uploaded. Transfers (T) say why.',
    ],
  ] as const)("has the other side's own words below it: %s", async (_what, text, words) => {
    const { nearplay } = await drawToasts();
    act(() => nearplay.notifications.notify(text, 'bad'));
    expect(shown()).toEqual([words]);
  });
});

describe('a notification', () => {
  it('goes by its button, by Escape, and no other with it', async () => {
    const { save, user } = await drawToasts();
    for (const name of ['one.json', 'two.json', 'three.json']) save(name);
    await user.click(screen.getAllByRole('button', { name: 'Dismiss' })[1] as Element);
    expect(shown()).toEqual(['Saved as one.json', 'Saved as three.json']);
    act(() => screen.getAllByRole('button', { name: 'Dismiss' })[0]?.focus());
    await user.keyboard('{Escape}');
    expect(shown()).toEqual(['Saved as three.json']);
  });

  it('hands the focus to the one beside it when it goes', async () => {
    const { save, user } = await drawToasts();
    for (const name of ['one.json', 'two.json']) save(name);
    await user.tab();
    await user.keyboard('{Escape}');
    expect(document.activeElement?.textContent).toBe('Saved as two.json');
  });

  it('is counted when it comes again, and there are three at most', async () => {
    const { save } = await drawToasts();
    for (const name of ['one', 'two', 'three', 'two', 'four']) save(name);
    expect(shown()).toEqual(['Saved as three', 'Saved as two2 times', 'Saved as four']);
  });
});

// @vitest-environment jsdom
import { fireEvent } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useIdle } from '../../../../renderer/player/useIdle.ts';
import { draw } from '../drawn.tsx';

const MORE_THAN_IDLE_MS = 2100;

function Player({ playing }: { playing: boolean }) {
  const root = useRef<HTMLDivElement>(null);
  useIdle(root);
  return (
    <div ref={root} data-testid="root">
      <div className="controls" data-playing={playing}>
        <button type="button">Play</button>
      </div>
    </div>
  );
}

beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

const idle = (root: HTMLElement) => root.dataset['idle'];

it('controls leave while it plays and nothing is done, and come back with a pointer, a key or a pause', async () => {
  const { getByTestId, container } = await draw(<Player playing />);
  const root = getByTestId('root');
  expect(idle(root)).toBe('false');
  await vi.advanceTimersByTimeAsync(MORE_THAN_IDLE_MS);
  expect(idle(root)).toBe('true');
  for (const wake of [() => fireEvent.pointerMove(root), () => fireEvent.keyDown(root, { key: 'm' })]) {
    wake();
    expect(idle(root)).toBe('false');
    await vi.advanceTimersByTimeAsync(MORE_THAN_IDLE_MS);
    expect(idle(root)).toBe('true');
  }
  container.querySelector('.controls')?.setAttribute('data-playing', 'false');
  await vi.advanceTimersByTimeAsync(1);
  expect(idle(root)).toBe('false');
});

it('they stay while it stands still, while the keyboard is on them, and while a menu is open', async () => {
  const { getByTestId, getByRole, container } = await draw(<Player playing={false} />);
  const root = getByTestId('root');
  await vi.advanceTimersByTimeAsync(MORE_THAN_IDLE_MS);
  expect(idle(root)).toBe('false');
  container.querySelector('.controls')?.setAttribute('data-playing', 'true');
  getByRole('button').focus();
  await vi.advanceTimersByTimeAsync(MORE_THAN_IDLE_MS);
  expect(idle(root)).toBe('false');
  getByRole('button').blur();
  const menu = document.createElement('div');
  menu.className = 'popover';
  document.body.append(menu);
  await vi.advanceTimersByTimeAsync(MORE_THAN_IDLE_MS);
  expect(idle(root)).toBe('false');
  menu.remove();
  await vi.advanceTimersByTimeAsync(MORE_THAN_IDLE_MS);
  expect(idle(root)).toBe('true');
});

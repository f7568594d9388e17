// @vitest-environment jsdom
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { StageView } from '../../../../../renderer/player/view/StageView.tsx';
import { PLAIN_VIEW } from '../../../../../renderer/player/view/view.ts';
import { ViewMenu } from '../../../../../renderer/player/view/ViewMenu.tsx';
import { ViewStatus } from '../../../../../renderer/player/view/ViewStatus.tsx';
import { viewStore } from '../../../../../renderer/player/view/viewStore.ts';
import { draw } from '../../drawn.tsx';

const clicked = vi.fn();

beforeEach(async () => {
  viewStore.setState({ view: PLAIN_VIEW });
  clicked.mockClear();
  await draw(
    <div>
      <div className="stage" data-testid="stage">
        <canvas className="slot" data-active width={1920} height={1080} onClick={clicked} data-testid="picture" />
        <StageView />
      </div>
      <ViewMenu />
      <ViewStatus />
    </div>,
  );
  // A DOM without a layout: the stage has the size that it is given.
  Object.defineProperties(stage(), { clientWidth: { value: 1280 }, clientHeight: { value: 720 } });
  act(() => viewStore.setState({ stage: { width: 1280, height: 720 } }));
});

const stage = () => screen.getByTestId('stage');
const viewOf = () => stage().style.getPropertyValue('--view');

it('knows the pixels of what draws', () => {
  expect(viewStore.getState().picture).toEqual({ width: 1920, height: 1080 });
});

it('the wheel goes nearer, and the keys turn over, mask and fit', () => {
  expect(viewOf()).toBe('translate(0px, 0px) scale(1, 1)');
  fireEvent.wheel(stage(), { deltaY: -120 });
  expect(viewStore.getState().view.zoom).toBeCloseTo(1.25, 9);
  fireEvent.keyDown(window, { key: '0' });
  fireEvent.keyDown(window, { key: 'h' });
  fireEvent.keyDown(window, { key: 'H', shiftKey: true });
  expect(viewOf()).toBe('translate(0px, 0px) scale(-1, -1)');
  expect(screen.queryByTestId('mask')).toBeNull();
  fireEvent.keyDown(window, { key: 'n' });
  fireEvent.keyDown(window, { key: 'N', shiftKey: true });
  expect(Number.parseFloat(screen.getByTestId('mask').style.height)).toBeCloseTo((1920 / 1080 / 2.39) * 100, 2);
  expect(screen.getAllByTestId('safe-area')).toHaveLength(2);
  fireEvent.keyDown(window, { key: 'b' });
  expect(stage().dataset['background']).toBe('black');
  expect(viewStore.getState().view.zoom).toBe(1);
});

it('dragging moves what is nearer than it fits, and is no click', () => {
  const drag = () => {
    const picture = screen.getByTestId('picture');
    picture.setPointerCapture = () => undefined;
    stage().setPointerCapture = () => undefined;
    fireEvent.pointerDown(picture, { button: 0, clientX: 100, clientY: 100 });
    fireEvent.pointerMove(picture, { clientX: 140, clientY: 90 });
    fireEvent.pointerUp(picture);
    fireEvent.click(picture);
  };
  drag();
  expect(clicked).toHaveBeenCalledTimes(1);
  expect(viewStore.getState().view).toMatchObject({ x: 0, y: 0 });
  fireEvent.keyDown(window, { key: '+' });
  drag();
  expect(clicked).toHaveBeenCalledTimes(1);
  expect(viewStore.getState().view).toMatchObject({ x: 40, y: -10 });
  fireEvent.click(screen.getByTestId('picture'));
  expect(clicked).toHaveBeenCalledTimes(2);
});

it('the menu says how near it is, and has each line with its key', async () => {
  const user = userEvent.setup();
  const button = screen.getByTestId('view-button');
  expect(button.textContent).toBe('Fit 67%');
  await user.click(button);
  const line = screen.getByRole('menuitemcheckbox', { name: /Left and right exchanged/ });
  expect(line.getAttribute('aria-checked')).toBe('false');
  expect(line.textContent).toContain('H');
  await user.click(line);
  expect(viewStore.getState().view.isFlopped).toBe(true);
});

it('says what changed once it stays for a moment, for who listens', async () => {
  fireEvent.keyDown(window, { key: '+' });
  fireEvent.keyDown(window, { key: '+' });
  fireEvent.keyDown(window, { key: 'n' });
  fireEvent.keyDown(window, { key: 'h' });
  const status = screen.getByTestId('view-status');
  await vi.waitFor(() => expect(status.textContent).toBe('104%, Left and right exchanged: on, Mask: 2.39'));
});

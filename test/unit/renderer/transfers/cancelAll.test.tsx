// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { NO_TOTALS } from '../../../../renderer/store/transfers.ts';
import { AllTransfers } from '../../../../renderer/transfers/TransfersHead.tsx';
import { draw } from '../drawn.tsx';

async function askToCancelAll() {
  const cancelTransfers = vi.fn(() => Promise.resolve());
  const drawn = await draw(<AllTransfers />, { cancelTransfers });
  const files = { ...NO_TOTALS.files, running: 1, waiting: 2 };
  act(() => drawn.nearplay.transfers.setState({ totals: { ...NO_TOTALS, files } }));
  await drawn.user.click(screen.getByTestId('cancel-all'));
  return { ...drawn, cancelTransfers };
}

it('asks first, with the safe answer focused', async () => {
  const { user, cancelTransfers } = await askToCancelAll();
  const question = screen.getByRole('alertdialog');
  expect(question.textContent).toContain('3');
  expect(question.contains(document.activeElement)).toBe(true);
  expect(document.activeElement).not.toBe(screen.getByTestId('cancel-all-yes'));
  await user.keyboard('{Enter}');
  expect(screen.queryByRole('alertdialog')).toBeNull();
  expect(cancelTransfers).not.toHaveBeenCalled();
});

it('cancels all after a yes', async () => {
  const { user, cancelTransfers } = await askToCancelAll();
  await user.click(screen.getByTestId('cancel-all-yes'));
  expect(cancelTransfers).toHaveBeenCalledExactlyOnceWith({});
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

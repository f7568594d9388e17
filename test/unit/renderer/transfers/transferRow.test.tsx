// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { NO_TOTALS } from '../../../../renderer/store/transfers.ts';
import { TransferRow } from '../../../../renderer/transfers/TransferRow.tsx';
import type { Transfer } from '../../../../shared/transfers.ts';
import { aTransfer } from '../../../mothers/transfers.ts';
import { draw } from '../drawn.tsx';

const PLACE = { index: 0, start: 0, height: 56, isActive: true, drop: undefined, isDragged: false, onGrip: vi.fn() };

async function drawRow(patch: Partial<Transfer>) {
  const showDownload = vi.fn(() => Promise.resolve());
  const drawn = await draw(<TransferRow id="t1" {...PLACE} />, { showDownload });
  const taken = { changed: [aTransfer('t1', patch)], removed: [], totals: NO_TOTALS };
  act(() => drawn.nearplay.transfers.getState().take(taken));
  await screen.findByTestId('transfer');
  return { ...drawn, showDownload };
}

it('shows a finished download in its folder', async () => {
  const { user, showDownload } = await drawRow({ direction: 'download', state: 'done' });
  await user.click(screen.getByTestId('transfer-show'));
  expect(showDownload).toHaveBeenCalledExactlyOnceWith({ id: 't1' });
});

it.each([
  { direction: 'download', state: 'running' },
  { direction: 'upload', state: 'done' },
] as const)('offers no folder for $direction, $state', async (patch) => {
  await drawRow(patch);
  expect(screen.queryByTestId('transfer-show')).toBeNull();
});

// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { BandwidthForm } from '../../../../renderer/transfers/BandwidthForm.tsx';
import { type BandwidthSettings, DEFAULT_SETTINGS } from '../../../../shared/settings.ts';
import { aBootstrap } from '../../../mothers/bootstrap.ts';
import { draw } from '../drawn.tsx';

async function drawForm(bandwidth: BandwidthSettings) {
  const setSettings = vi.fn((patch: { bandwidth?: BandwidthSettings | undefined }) =>
    Promise.resolve({ ...DEFAULT_SETTINGS, bandwidth: patch.bandwidth ?? bandwidth }),
  );
  const drawn = await draw(<BandwidthForm />, { setSettings });
  const settings = { ...DEFAULT_SETTINGS, bandwidth };
  act(() => drawn.nearplay.session.setState({ app: aBootstrap({ settings }) }));
  return { ...drawn, setSettings };
}

const rate = () => screen.getByTestId<HTMLInputElement>('bandwidth-rate');

describe('the limit of uploads', () => {
  it('starts at 10 MB/s when it is switched on, and is gone when it is switched off', async () => {
    const { user, setSettings } = await drawForm({ bytesPerSecond: null, hours: [] });
    await user.click(screen.getAllByRole('radio')[1] as Element);
    expect(setSettings).toHaveBeenLastCalledWith({ bandwidth: { bytesPerSecond: 10_000_000, hours: [] } });
    expect(rate().value).toBe('10');
    await user.click(screen.getAllByRole('radio')[0] as Element);
    expect(setSettings).toHaveBeenLastCalledWith({ bandwidth: { bytesPerSecond: null, hours: [] } });
  });

  it('is in force with Enter, and not with each digit', async () => {
    const { user, setSettings } = await drawForm({ bytesPerSecond: 10_000_000, hours: [] });
    await user.clear(rate());
    await user.type(rate(), '2.5');
    expect(setSettings).not.toHaveBeenCalled();
    await user.keyboard('{Enter}');
    expect(setSettings).toHaveBeenCalledExactlyOnceWith({ bandwidth: { bytesPerSecond: 2_500_000, hours: [] } });
  });

  it('is in force when its field is left', async () => {
    const { user, setSettings } = await drawForm({ bytesPerSecond: 10_000_000, hours: [] });
    await user.clear(rate());
    await user.type(rate(), '3');
    await user.tab();
    expect(setSettings).toHaveBeenCalledExactlyOnceWith({ bandwidth: { bytesPerSecond: 3_000_000, hours: [] } });
  });

  it('is not changed by what is no rate, which is said beside the field', async () => {
    const { user, setSettings } = await drawForm({ bytesPerSecond: 10_000_000, hours: [] });
    await user.clear(rate());
    await user.type(rate(), 'fast{Enter}');
    await user.tab();
    expect(rate().getAttribute('aria-invalid')).toBe('true');
    expect(setSettings).not.toHaveBeenCalled();
  });

  it('has hours of its own, which can be taken out again', async () => {
    const { user, setSettings } = await drawForm({ bytesPerSecond: null, hours: [] });
    await user.click(screen.getByTestId('bandwidth-add-hours'));
    const hours = [{ from: 540, to: 1080, bytesPerSecond: 10_000_000 }];
    expect(setSettings).toHaveBeenLastCalledWith({ bandwidth: { bytesPerSecond: null, hours } });
    await user.click(screen.getByRole('button', { name: /09:00/ }));
    expect(setSettings).toHaveBeenLastCalledWith({ bandwidth: { bytesPerSecond: null, hours: [] } });
  });
});

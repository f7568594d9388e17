// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { PreferencesEditor } from '../../../../renderer/preferences/PreferencesEditor.tsx';
import { ErrorState } from '../../../../renderer/ui/ErrorState.tsx';
import { WatchFolders } from '../../../../renderer/uploads/WatchFolders.tsx';
import { WhyPanel } from '../../../../renderer/why/WhyPanel.tsx';
import type { ErrorReport } from '../../../../shared/errors.ts';
import { aBootstrap } from '../../../mothers/bootstrap.ts';
import { draw } from '../drawn.tsx';

const report: ErrorReport = {
  code: 'access-denied',
  message: "Ask IT: the storage's own words say why.",
  retryable: false,
  detail: '<Error>explicit\u202e deny</Error>',
};
const WORDS = '“<Error>explicit deny</Error>”';
const refused = () => Promise.reject(new NearplayApiError(report));

it('a panel in place of content has the words below the sentence', async () => {
  await draw(<ErrorState report={report} onRetry={() => undefined} />);
  expect(screen.getByTestId('error-state').textContent).toContain(`${report.message}${WORDS}`);
});

it('a watch folder that fails has them', async () => {
  const { nearplay } = await draw(<WatchFolders />);
  const folder = { id: 'a', path: '/renders', folder: '', state: 'unreachable', uploaded: 0, waiting: 0 } as const;
  act(() => nearplay.session.setState({ app: aBootstrap({ watchFolders: [{ ...folder, error: report }] }) }));
  expect(screen.getByTestId('watch-folder-item').textContent).toContain(`${report.message}${WORDS}`);
});

it('the panel of reasons has them', async () => {
  const { nearplay } = await draw(<WhyPanel />, { explainRegion: refused });
  act(() => nearplay.session.setState({ app: aBootstrap(), panel: 'why' }));
  expect((await screen.findByRole('alert')).textContent).toContain(`${report.message}${WORDS}`);
});

it('the editor has them', async () => {
  const { nearplay } = await draw(<PreferencesEditor />, { editPreferences: refused });
  act(() => nearplay.session.setState({ app: aBootstrap(), panel: 'preferences' }));
  expect((await screen.findByRole('alert')).textContent).toContain(`${report.message}${WORDS}`);
});

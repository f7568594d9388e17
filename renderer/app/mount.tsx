import '../styles/index.css';
import i18next from 'i18next';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import type { NearplayApi } from '../../shared/ipc.ts';
import { createNearplay, NearplayProvider } from '../store/context.tsx';
import { followTransfers } from '../store/followTransfers.ts';
import { followMain } from '../store/session.ts';
import { fontsReady } from '../styles/fontsReady.ts';
import { startText } from '../text/i18n.ts';
import { App } from './App.tsx';
import { NoBridge } from './NoBridge.tsx';

/** Draws the window into `#root`; without an api it says that this page belongs in the app. */
export async function mount(page: Document, api: NearplayApi | undefined): Promise<void> {
  await Promise.all([startText(), fontsReady(page.fonts)]);
  const root = page.getElementById('root');
  if (!root) throw new Error('The page has no #root');
  if (!api) {
    createRoot(root).render(
      <I18nextProvider i18n={i18next}>
        <NoBridge />
      </I18nextProvider>,
    );
    return;
  }
  const nearplay = createNearplay(api);
  followMain(api, nearplay, () => nearplay.library.getState().loaded.folder);
  followTransfers(api, nearplay.session, nearplay.transfers);
  createRoot(root).render(
    <StrictMode>
      <I18nextProvider i18n={i18next}>
        <NearplayProvider nearplay={nearplay}>
          <App />
        </NearplayProvider>
      </I18nextProvider>
    </StrictMode>,
  );
  await nearplay.session.getState().start();
}

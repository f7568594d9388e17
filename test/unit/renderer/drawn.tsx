import { cleanup, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import type { ReactNode } from 'react';
import { I18nextProvider } from 'react-i18next';
import { onTestFinished } from 'vitest';
import { createNearplay, type Nearplay, NearplayProvider } from '../../../renderer/store/context.tsx';
import { startText } from '../../../renderer/text/i18n.ts';
import type { NearplayApi } from '../../../shared/ipc.ts';
import { NO_API } from './noApi.ts';

/** What a DOM without a layout lacks; nothing in it has a size, so that nothing changes its size. */
class NoResizes implements ResizeObserver {
  observe(): void {
    // There is no layout to observe.
  }
  unobserve(): void {
    // As above.
  }
  disconnect(): void {
    // As above.
  }
}

/** Draws a part of the window over an api of which the test has the methods it is about. */
export async function draw(part: ReactNode, methods: Partial<NearplayApi> = {}) {
  if (!('ResizeObserver' in globalThis)) globalThis.ResizeObserver = NoResizes;
  if (!i18next.isInitialized) await startText();
  const nearplay: Nearplay = createNearplay({ ...NO_API, ...methods });
  const user = userEvent.setup();
  const shown = render(
    <I18nextProvider i18n={i18next}>
      <NearplayProvider nearplay={nearplay}>{part}</NearplayProvider>
    </I18nextProvider>,
  );
  onTestFinished(cleanup);
  return { ...shown, nearplay, user };
}

import type { Bridge } from '../shared/bridge.ts';
import type { en } from './text/en.ts';

declare global {
  interface Window {
    /** Put there by the preload; absent when the page was opened outside the app. */
    nearplay?: Bridge;
  }
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'app';
    resources: { app: typeof en };
  }
}

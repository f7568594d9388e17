import type { BridgedApi } from '../shared/ipc.ts';
import type { en } from './text/en.ts';

declare global {
  interface Window {
    /** Put there by the preload; absent when the page was opened outside the app. */
    nearplay?: BridgedApi;
  }
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'app';
    resources: { app: typeof en };
  }
}

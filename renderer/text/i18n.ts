import i18next, { type TFunction } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en.ts';

export type Translate = TFunction;

/** Loads the words; synchronous in effect, since they are part of the bundle. */
export async function startText(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    defaultNS: 'app',
    resources: { en: { app: en } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
}

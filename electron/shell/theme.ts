import { DEFAULT_SETTINGS, type Settings, settingsSchema } from '../../shared/settings.ts';

/** The stored theme; the default where it is absent or invalid. Needed before the first window opens. */
export function storedTheme(stored: unknown): Settings['theme'] {
  const parsed = settingsSchema.pick({ theme: true }).loose().safeParse(stored);
  return parsed.success ? parsed.data.theme : DEFAULT_SETTINGS.theme;
}

import { z } from 'zod';

/** What one user chose on one machine. The studio's own choices live in the Isolation Preferences. */
export const settingsSchema = z.strictObject({
  /** `null`: what the Isolation Preferences say in `defaults.readFrom`. */
  readFrom: z.string().min(1).nullable(),
  theme: z.enum(['system', 'dark', 'light']),
  /** AWS profile to take credentials from; `null`: the usual AWS environment and default profile. */
  profile: z.string().min(1).nullable(),
  /** Where the last imported preferences file was copied to; `null`: none was imported. */
  importedPreferences: z.string().nullable(),
  lastFolder: z.string(),
  view: z.enum(['grid', 'list']),
  /** Folders of the main storage whose new files are announced once a replica holds them. */
  watchedFolders: z.array(z.string().max(1024)).max(100),
});
export type Settings = z.infer<typeof settingsSchema>;

/** What a user may change from the app. */
export const settingsPatchSchema = settingsSchema
  .pick({ readFrom: true, theme: true, profile: true, lastFolder: true, view: true, watchedFolders: true })
  .partial();
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;

export const SETTINGS_VERSION = 1;

export const DEFAULT_SETTINGS: Settings = {
  readFrom: null,
  // Media is judged in dim rooms.
  theme: 'dark',
  profile: null,
  importedPreferences: null,
  lastFolder: '',
  view: 'grid',
  watchedFolders: [],
};

import { z } from 'zod';
import { MIN_BYTES_PER_SECOND } from './bandwidth.ts';

/** S3 User Guide, "Naming Amazon S3 objects": 1,024 bytes of UTF-8. */
const key = z.string().max(1024);
/** The longest path of Windows. */
const path = z.string().min(1).max(32_767);
/** Projects whose choice is remembered. */
const MAX_PROJECTS = 1000;
const MINUTES_A_DAY = 24 * 60;
const rate = z.number().int().min(MIN_BYTES_PER_SECOND).nullable();
const minute = z.number().int().min(0).max(MINUTES_A_DAY);

/** How fast uploads may go from this machine, in bytes per second; `null`: as fast as the line. */
const bandwidthSchema = z.strictObject({
  bytesPerSecond: rate,
  /** Other limits for some hours of the day: minutes since midnight, local time; may run over midnight. The first counts. */
  hours: z.array(z.strictObject({ from: minute, to: minute, bytesPerSecond: rate })).max(24),
});
export type BandwidthSettings = z.infer<typeof bandwidthSchema>;

/** Settings of one user on one machine. Studio-wide settings are in the Isolation Preferences. */
export const settingsSchema = z.strictObject({
  /** `null`: what the Isolation Preferences say in `defaults.readFrom`. */
  readFrom: z.string().min(1).max(60).nullable(),
  theme: z.enum(['system', 'dark', 'light']),
  /** AWS profile to take credentials from; `null`: the usual AWS environment and default profile. */
  profile: z.string().min(1).max(256).nullable(),
  /** Where the last imported preferences file was copied to; `null`: none was imported. */
  importedPreferences: path.nullable(),
  lastFolder: key,
  view: z.enum(['grid', 'list']),
  /** Ready alerts: folders of the main storage whose new files are announced once a replica holds them. */
  readyAlerts: z.array(key).max(100),
  bandwidth: bandwidthSchema,
  /** Policy for a file whose name is taken, with other content. */
  onConflict: z.enum(['ask', 'skip', 'replace', 'keep-both']),
  /** Destination of a project's uploads: its top folder (`show/`) to a folder in it. */
  uploadFolderByProject: z
    .record(key, key)
    .refine((projects) => Object.keys(projects).length <= MAX_PROJECTS, 'too many projects'),
  /** Watch folders: local folders whose new files are uploaded. */
  watchFolders: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(100),
        path,
        folder: key,
        paused: z.boolean(),
      }),
    )
    .max(100),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Settings that the window may change. */
export const settingsPatchSchema = settingsSchema
  .pick({
    readFrom: true,
    theme: true,
    profile: true,
    lastFolder: true,
    view: true,
    readyAlerts: true,
    bandwidth: true,
    onConflict: true,
    uploadFolderByProject: true,
  })
  .partial();
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;

export const SETTINGS_VERSION = 1;

/**
 * Names that settings had in files of earlier versions. Where a file has both names, the present one counts. Mind that the earlier
 * `watchedFolders` (folders of the main storage) is another setting than the present `watchFolders` (folders of this computer).
 */
export const EARLIER_SETTING_NAMES: Readonly<Partial<Record<keyof Settings, string>>> = {
  readyAlerts: 'watchedFolders',
  watchFolders: 'uploadFolders',
};

export const DEFAULT_SETTINGS: Settings = {
  readFrom: null,
  // Media is judged in dim rooms.
  theme: 'dark',
  profile: null,
  importedPreferences: null,
  lastFolder: '',
  view: 'grid',
  readyAlerts: [],
  bandwidth: { bytesPerSecond: null, hours: [] },
  onConflict: 'ask',
  uploadFolderByProject: {},
  watchFolders: [],
};

import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services } from '../services/services.ts';
import type { Choosers } from './choosers.ts';

/** This machine's settings, and the studio's Isolation Preferences. */
export function preferencesRequests(
  services: Pick<Services, 'changeSettings' | 'importPreferences' | 'editor'>,
  { dialogs, saveText }: Choosers,
) {
  const { editor } = services;
  return {
    setSettings: (patch) => services.changeSettings(patch),
    importPreferences: async () => {
      const file = await dialogs.choosePreferences();
      return file === undefined ? null : services.importPreferences(file);
    },
    editPreferences: () => editor.edit(),
    savePreferences: ({ text, etag }) => editor.save(text, etag),
    readPreferencesVersion: async ({ versionId }) => ({ text: await editor.readVersion(versionId) }),
    exportPreferences: ({ text }) =>
      saveText({ title: 'Export Isolation Preferences', name: 'isolation-preferences.json' }, text),
  } satisfies Partial<RequestHandlers>;
}

import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, settingsPatchSchema, settingsSchema } from '../../../shared/settings.ts';

it('accepts its own defaults', () => {
  expect(settingsSchema.parse(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS);
});

describe('a patch', () => {
  it.each([
    ['nothing', {}],
    ['the replica to read from', { readFrom: 'sydney' }],
    ['the choice of the studio again', { readFrom: null }],
    ['a theme', { theme: 'dark' }],
    ['a profile', { profile: 'studio' }],
  ])('may change %s', (_what, patch) => expect(settingsPatchSchema.parse(patch)).toEqual(patch));

  it.each([
    ['an empty name', { readFrom: '' }],
    ['a theme that does not exist', { theme: 'pink' }],
    ['a key that does not exist', { secretAccessKey: 'x' }],
    ['the place of the preferences, which only an import may set', { importedPreferences: '/etc/passwd' }],
    ['another type', { lastFolder: 7 }],
    ['a list', []],
    ['nothing at all', null],
  ])('may not hold %s', (_what, patch) => expect(settingsPatchSchema.safeParse(patch).success).toBe(false));
});

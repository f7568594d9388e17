import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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

describe('every text and list has a largest size', () => {
  const long = 'x'.repeat(40_000);
  const many = Array.from({ length: 1001 }, (_, index) => `p${index}/`);
  it.each([
    ['readFrom', long],
    ['profile', long],
    ['importedPreferences', long],
    ['lastFolder', long],
    ['readyAlerts', [long]],
    ['readyAlerts', many],
    ['uploadFolderByProject', { 'a/': long }],
    ['uploadFolderByProject', { [long]: 'a/' }],
    ['uploadFolderByProject', Object.fromEntries(many.map((name) => [name, name]))],
    ['watchFolders', [{ id: 'a', path: long, folder: '', paused: false }]],
    ['watchFolders', many.map((id) => ({ id, path: '/a', folder: '', paused: false }))],
  ])('%s', (name, value) => {
    expect(settingsSchema.safeParse({ ...DEFAULT_SETTINGS, [name]: value }).success).toBe(false);
  });

  it('and no key of the schema is without one', () => {
    const unlimited = (json: unknown): string[] => {
      if (typeof json !== 'object' || json === null) return [];
      const { type, maxLength, maxItems, enum: choices } = json as Record<string, unknown>;
      const own =
        (type === 'string' && maxLength === undefined && choices === undefined) ||
        (type === 'array' && maxItems === undefined);
      return [...(own ? [JSON.stringify(json)] : []), ...Object.values(json).flatMap(unlimited)];
    };
    expect(unlimited(z.toJSONSchema(settingsSchema))).toEqual([]);
  });
});

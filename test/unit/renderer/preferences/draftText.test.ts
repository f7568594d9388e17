import { describe, expect, it } from 'vitest';
import {
  addLook,
  addReplica,
  addStorage,
  readDraft,
  removeLook,
  removeStorage,
  renameStorage,
  setCeiling,
  setSeconds,
  setStorageField,
  setValue,
  shownCeiling,
} from '../../../../renderer/preferences/draftText.ts';
import { parsePreferences } from '../../../../shared/preferences.ts';

const TEXT = `{
  // who may change this: it@studio.example
  "version": 1,
  "s3Configuration": {
    "main-us": { "region": "us-east-1", "bucket": "studio-media", "prefix": "media" },
    "sydney": { "region": "ap-southeast-2", "bucket": "studio-media-syd", "prefix": "media" }
  },
  "mainStorage": "main-us",
  "replication": {
    "delaySeconds": 60, // as agreed in March
    "replicas": [{ "storage": "sydney", "label": "Sydney", "ipRanges": ["203.0.113.0/24"] }]
  },
  "defaults": { "readFrom": "sydney" },
  "somethingNew": { "kept": true }
}
`;

describe('reading', () => {
  it('shows what the text says', () => {
    const draft = readDraft(TEXT);
    expect(draft?.storages.map(({ name, bucket }) => [name, bucket])).toEqual([
      ['main-us', 'studio-media'],
      ['sydney', 'studio-media-syd'],
    ]);
    expect(draft).toMatchObject({
      mainStorage: 'main-us',
      delaySeconds: '60',
      readFrom: 'sydney',
      services: undefined,
    });
    expect(draft?.replicas).toEqual([{ storage: 'sydney', label: 'Sydney', ranges: ['203.0.113.0/24'] }]);
  });

  it('reads a text with zero-width spaces', () => {
    expect(readDraft(TEXT.replaceAll('{', '{\u200B'))?.mainStorage).toBe('main-us');
  });

  it('is an empty form for an empty text, and none for a text that is no JSON object', () => {
    expect(readDraft('')?.storages).toEqual([]);
    expect(readDraft('{ "a": ')).toBeUndefined();
    expect(readDraft('[]')).toBeUndefined();
  });

  it('survives values of the wrong kind', () => {
    expect(readDraft('{ "s3Configuration": [1], "replication": 7, "publicIp": null }')).toMatchObject({ replicas: [] });
  });
});

describe('writing one value', () => {
  it('leaves comments, unknown keys and everything else as they were', () => {
    expect(setSeconds(TEXT, 'delaySeconds', '90')).toBe(TEXT.replace('60,', '90,'));
    expect(setStorageField(TEXT, 'sydney', 'bucket', 'other')).toBe(TEXT.replace('studio-media-syd', 'other'));
  });

  it('keeps what is no number for the findings to name', () => {
    const text = setSeconds(TEXT, 'delaySeconds', 'a minute');
    expect(readDraft(text)?.delaySeconds).toBe('a minute');
    expect(parsePreferences(text).findings.some(({ path }) => path === 'replication.delaySeconds')).toBe(true);
  });

  it('takes an optional value out when it is emptied, and a required one never', () => {
    const text = setStorageField(TEXT, 'sydney', 'endpoint', 'https://s3.example');
    expect(readDraft(text)?.storages[1]?.endpoint).toBe('https://s3.example');
    expect(setStorageField(text, 'sydney', 'endpoint', '')).not.toContain('endpoint');
    expect(setStorageField(TEXT, 'sydney', 'bucket', '')).toContain('"bucket": ""');
  });

  it('makes what is missing on the way', () => {
    const text = setValue('', ['replication', 'delaySeconds'], 30);
    expect(JSON.parse(text)).toEqual({ version: 1, replication: { delaySeconds: 30 } });
  });

  it('does nothing to a text that is no JSON', () => {
    expect(setValue('{ broken', ['mainStorage'], 'x')).toBe('{ broken');
  });
});

describe('storages', () => {
  it('are renamed everywhere they are named', () => {
    const text = renameStorage(TEXT, 'sydney', 'syd.au');
    const draft = readDraft(text);
    expect(draft?.storages.map(({ name }) => name)).toEqual(['main-us', 'syd.au']);
    expect(draft?.replicas[0]?.storage).toBe('syd.au');
    expect(draft?.readFrom).toBe('syd.au');
    expect(text).toContain('// as agreed in March');
    expect(readDraft(renameStorage(TEXT, 'main-us', 'virginia'))?.mainStorage).toBe('virginia');
  });

  it('are not renamed to a name that is taken: nothing may be lost', () => {
    expect(renameStorage(TEXT, 'sydney', 'main-us')).toBe(TEXT);
  });

  it('are added under a free name; the first one is the main storage', () => {
    const text = addStorage('');
    expect(readDraft(text)).toMatchObject({ mainStorage: 'storage-1', storages: [{ name: 'storage-1' }] });
    expect(readDraft(addStorage(text))?.storages.map(({ name }) => name)).toEqual(['storage-1', 'storage-2']);
  });

  it('are removed with the replica that they were', () => {
    expect(readDraft(removeStorage(TEXT, 'sydney'))).toMatchObject({ storages: [{ name: 'main-us' }], replicas: [] });
  });

  it('become a replica when one is added that is none yet', () => {
    const text = addReplica(setValue(TEXT, ['s3Configuration', 'london'], { region: 'eu-west-2', bucket: 'lon' }));
    expect(readDraft(text)?.replicas[1]).toEqual({ storage: 'london', label: '', ranges: [] });
  });
});

describe('looks', () => {
  const two = ['a', 'b'].reduce((text, name, index) => {
    const named = setValue(addLook(text), ['looks', index, 'name'], name);
    return setValue(named, ['looks', index, 'key'], `${name}.cube`);
  }, TEXT);

  it('are added empty, for the findings to name, and taken out one by one', () => {
    expect(readDraft(TEXT)?.looks).toEqual([]);
    expect(readDraft(addLook(two))?.looks).toEqual([
      { name: 'a', key: 'a.cube' },
      { name: 'b', key: 'b.cube' },
      { name: '', key: '' },
    ]);
    expect(readDraft(removeLook(two, 0))?.looks).toEqual([{ name: 'b', key: 'b.cube' }]);
    expect(removeLook(removeLook(two, 1), 0)).toContain('// as agreed in March');
  });

  it('of the wrong kind stay as they are', () => {
    const text = setValue(TEXT, ['looks'], { a: 1 });
    expect(readDraft(text)?.looks).toEqual([]);
    expect(addLook(text)).toBe(text);
    expect(readDraft(setValue(TEXT, ['looks'], [7]))?.looks).toEqual([{ name: '', key: '' }]);
  });

  it('are left alone by everything else in the form', () => {
    expect(readDraft(setSeconds(two, 'delaySeconds', '90'))?.looks).toHaveLength(2);
  });
});

describe('the ceiling for uploads', () => {
  it('is typed in megabytes per second and kept in bytes', () => {
    const text = setCeiling(TEXT, '12.5');
    expect(readDraft(text)?.ceiling).toBe('12500000');
    const known = setValue(text, ['somethingNew'], undefined);
    expect(parsePreferences(known).document?.uploads.maxBytesPerSecond).toBe(12_500_000);
    expect(readDraft(setCeiling(text, ''))?.ceiling).toBe('');
  });

  it('that is no number stays, for the findings to name it', () => {
    expect(readDraft(setCeiling(TEXT, 'fast'))?.ceiling).toBe('fast');
    expect(parsePreferences(setCeiling(TEXT, 'fast')).findings).toContainEqual(
      expect.objectContaining({ severity: 'error', path: 'uploads.maxBytesPerSecond' }),
    );
  });

  it('is shown as it is being typed, and else as the text says', () => {
    expect(shownCeiling('12.', '12000000')).toBe('12.');
    expect(shownCeiling('12', '25000000')).toBe('25');
    expect(shownCeiling('12', '')).toBe('');
    expect(shownCeiling('', 'fast')).toBe('fast');
  });
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { changesOf, createEditor, isChanged, mergedText } from '../../../../renderer/store/preferencesDraft.ts';
import { ERRORS } from '../../../../shared/errors.ts';
import type { NearplayApi } from '../../../../shared/ipc.ts';
import { parsePreferences } from '../../../../shared/preferences.ts';
import type { PreferencesEditing } from '../../../../shared/preferencesStatus.ts';
import { TWO_REGIONS } from '../../../mothers/preferences.ts';

const TEXT = JSON.stringify(TWO_REGIONS, undefined, 2);
const refusal = (code: keyof typeof ERRORS) => new NearplayApiError({ code, ...ERRORS[code] });

/** The object in the bucket, as two admins see it. */
let stored: { text: string; etag: number };
const editing = (): PreferencesEditing => ({ text: stored.text, etag: String(stored.etag), history: [] });
const editPreferences = vi.fn(() => Promise.resolve(editing()));
const savePreferences = vi.fn(({ text, etag }: { text: string; etag?: string | undefined }) => {
  if (etag !== String(stored.etag)) return Promise.reject(refusal('conflict'));
  stored = { text, etag: stored.etag + 1 };
  return Promise.resolve(editing());
});
const readPreferencesVersion = vi.fn(() => Promise.resolve({ text: TEXT.replace('60', '30') }));

function editor() {
  return createEditor({
    editPreferences,
    savePreferences,
    readPreferencesVersion,
  } as Partial<NearplayApi> as NearplayApi);
}

beforeEach(() => {
  stored = { text: TEXT, etag: 1 };
  vi.clearAllMocks();
});

describe('editing', () => {
  it('begins with what is stored, and says what would change', async () => {
    const store = editor();
    await store.getState().open();
    expect(isChanged(store.getState())).toBe(false);
    store.getState().edit(TEXT.replace('60', '90'));
    expect(isChanged(store.getState())).toBe(true);
    expect(changesOf(store.getState())).toEqual([{ path: 'replication.delaySeconds', before: 60, after: 90 }]);
  });

  it('finds as it is typed what would not be saved, and the draft can still be exported as a file', async () => {
    const { document: pinned } = parsePreferences(TEXT);
    editPreferences.mockResolvedValueOnce({ ...editing(), ...(pinned && { pinned }) });
    const store = editor();
    await store.getState().open();
    expect(store.getState().savable).toBe(true);
    store.getState().edit(TEXT.replace('"media"', '"elsewhere"'));
    const { parsed, savable } = store.getState();
    expect(parsed.findings).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        line: expect.any(Number) as number,
        message: expect.stringContaining('would move the main storage') as string,
      }),
    );
    expect([parsed.document?.s3Configuration['virginia']?.bucket, savable]).toEqual(['elsewhere', false]);
    store.getState().discard();
    expect(store.getState()).toMatchObject({ savable: true, parsed: { findings: [] } });
  });

  it('keeps a draft when the panel is opened again', async () => {
    const store = editor();
    await store.getState().open();
    store.getState().edit('{ half');
    await store.getState().open();
    expect(store.getState().text).toBe('{ half');
    expect(editPreferences).toHaveBeenCalledOnce();
    store.getState().discard();
    expect(store.getState().text).toBe(TEXT);
  });

  it('changes nothing for who may not write', async () => {
    const report = { code: 'access-denied', message: 'No.', retryable: false } as const;
    editPreferences.mockResolvedValueOnce({ ...editing(), refusal: report });
    const store = editor();
    await store.getState().open();
    store.getState().edit('{}');
    expect(store.getState()).toMatchObject({ text: TEXT, readOnly: true, refusal: report });
  });

  it('begins empty where there are no preferences yet', async () => {
    editPreferences.mockRejectedValueOnce(refusal('no-preferences'));
    const store = editor();
    await store.getState().open();
    expect(store.getState()).toMatchObject({ phase: 'ready', text: '', readOnly: false, tab: 'paste' });
  });

  it('says so when they cannot be read', async () => {
    editPreferences.mockRejectedValueOnce(refusal('offline'));
    const store = editor();
    await store.getState().open();
    expect(store.getState()).toMatchObject({ phase: 'failed', failure: { code: 'offline' } });
  });
});

describe('saving', () => {
  it('writes the text as it is, on the condition that nobody else did', async () => {
    const store = editor();
    await store.getState().open();
    store.getState().edit(TEXT.replace('60', '90'));
    expect(await store.getState().save()).toBe(true);
    expect(savePreferences).toHaveBeenCalledWith({ text: TEXT.replace('60', '90'), etag: '1' });
    expect(store.getState()).toMatchObject({ etag: '2', merging: undefined });
    expect(isChanged(store.getState())).toBe(false);
  });

  it('keeps what is written while it is on its way, as a change of what was saved', async () => {
    const store = editor();
    await store.getState().open();
    store.getState().edit(TEXT.replace('60', '90'));
    const saved = store.getState().save();
    store.getState().edit(TEXT.replace('60', '95'));
    expect(await saved).toBe(true);
    expect(savePreferences).toHaveBeenCalledWith({ text: TEXT.replace('60', '90'), etag: '1' });
    expect(store.getState()).toMatchObject({ text: TEXT.replace('60', '95'), etag: '2', saving: false });
    expect(isChanged(store.getState())).toBe(true);
  });

  it('keeps the draft when saving fails', async () => {
    savePreferences.mockRejectedValueOnce(refusal('timeout'));
    const store = editor();
    await store.getState().open();
    store.getState().edit(TEXT.replace('60', '90'));
    expect(await store.getState().save()).toBe(false);
    expect(store.getState()).toMatchObject({ saveFailure: { code: 'timeout' }, saving: false });
    expect(store.getState().text).toContain('90');
  });
});

describe('two admins at once', () => {
  async function conflict() {
    const store = editor();
    await store.getState().open();
    store.getState().edit(TEXT.replace('60', '90').replace('"media-syd"', '"media-sydney"'));
    stored = { text: TEXT.replace('60', '120').replace('0/24"', '0/24", "192.0.2.0/25"'), etag: 7 };
    expect(await store.getState().save()).toBe(false);
    return store;
  }

  it('the second is told what the first changed, and what both did', async () => {
    const { merging } = (await conflict()).getState();
    expect(merging?.theirChanges.map(({ path }) => path)).toEqual([
      'replication.delaySeconds',
      'replication.replicas.sydney.ipRanges',
    ]);
    expect(merging?.merged.conflicts.map(({ path }) => path)).toEqual(['replication.delaySeconds']);
  });

  it('nothing is saved before every conflict is decided', async () => {
    const store = await conflict();
    expect(await store.getState().saveMerged()).toBe(false);
    expect(stored.etag).toBe(7);
  });

  it.each([
    ['mine', 90],
    ['theirs', 120],
  ] as const)('with %s chosen nothing of either side is lost', async (side, delaySeconds) => {
    const store = await conflict();
    store.getState().choose('replication.delaySeconds', side);
    expect(await store.getState().saveMerged()).toBe(true);
    expect(JSON.parse(stored.text)).toMatchObject({
      s3Configuration: { sydney: { bucket: 'media-sydney' } },
      replication: { delaySeconds, replicas: [{ ipRanges: ['203.0.113.0/24', '192.0.2.0/25'] }] },
    });
  });

  it('a third who saves meanwhile is met in the same way', async () => {
    const store = await conflict();
    store.getState().choose('replication.delaySeconds', 'mine');
    stored = { text: stored.text.replace('"media"', '"media-2"'), etag: 8 };
    expect(await store.getState().saveMerged()).toBe(false);
    expect(store.getState().merging?.theirChanges.map(({ path }) => path)).toEqual(['s3Configuration.virginia.bucket']);
    expect(mergedText(store.getState().merging ?? { merged: { document: {}, conflicts: [] }, choices: {} })).toContain(
      'media-2',
    );
  });

  it('going back keeps the draft', async () => {
    const store = await conflict();
    store.getState().leaveMerge();
    expect(store.getState().text).toContain('media-sydney');
  });
});

it('a version of the history becomes the draft, and is saved only when asked', async () => {
  const store = editor();
  await store.getState().open();
  await store.getState().lookAt('first');
  expect(store.getState().lookedAt?.changes).toEqual([{ path: 'replication.delaySeconds', before: 60, after: 30 }]);
  store.getState().restore();
  expect(store.getState()).toMatchObject({ tab: 'form', lookedAt: undefined });
  expect(store.getState().text).toContain('30');
  expect(savePreferences).not.toHaveBeenCalled();
});

it('the version that was chosen last is shown, whichever answer comes first', async () => {
  const store = editor();
  await store.getState().open();
  const slow = Promise.withResolvers<{ text: string }>();
  readPreferencesVersion.mockImplementationOnce(() => slow.promise);
  const before = store.getState().lookAt('before');
  await store.getState().lookAt('after');
  slow.resolve({ text: TEXT });
  await before;
  expect(store.getState().lookedAt?.versionId).toBe('after');
});

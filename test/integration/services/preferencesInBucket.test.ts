import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreferencesInBucket } from '../../../electron/services/preferencesInBucket.ts';
import { startTestStudio, type TestStudio } from './studio.ts';

let studio: TestStudio;
let stored: PreferencesInBucket;
beforeAll(async () => {
  studio = await startTestStudio();
  stored = new PreferencesInBucket(studio.services.studio());
});
afterAll(() => studio.stop());

describe('the preferences object in the main storage', () => {
  it('is absent at first, may be written, and finding that out changes nothing', async () => {
    expect(await stored.read()).toBeUndefined();
    expect(await stored.refusal()).toBeUndefined();
    expect(await stored.history()).toEqual([]);
  });

  it('lets one of two admins win, tells the other, and loses nothing', async () => {
    const etag = await stored.save('{"first":1}', undefined);
    await expect(stored.save('{"other":1}', undefined)).rejects.toMatchObject({ code: 'conflict' });
    const saved = await Promise.allSettled([stored.save('{"mine":2}', etag), stored.save('{"theirs":2}', etag)]);
    expect(saved.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const now = await stored.read();
    const winner = saved[0].status === 'fulfilled' ? '{"mine":2}' : '{"theirs":2}';
    expect(now).toMatchObject({ text: winner });
  });

  it('costs no body while it is unchanged', async () => {
    const now = await stored.read();
    if (typeof now !== 'object') throw new Error('There is no object');
    expect(await stored.read(now.etag)).toBe('unchanged');
  });

  it('keeps every saved state, newest first, and gives each back', async () => {
    const history = await stored.history();
    expect(history).toHaveLength(2);
    expect(history.map(({ current }) => current)).toEqual([true, false]);
    expect(await stored.readVersion(history[1]?.versionId ?? '')).toBe('{"first":1}');
  });

  it('says which permission is missing to whoever may not write', async () => {
    const refuse = studio.sandbox.addFault({
      operation: 'PutObject',
      effect: { kind: 'status', status: 403, code: 'AccessDenied' },
    });
    const refusal = await stored.refusal();
    refuse();
    expect(refusal).toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('s3:PutObject') as string,
    });
  });
});

describe.each(['ignore-conditions', 'refuse-conditions'] as const)('a storage without conditions (%s)', (kind) => {
  it('is found out, and nothing of that stays behind', async () => {
    const one = await startTestStudio();
    const bucket = one.sandbox.bucketOf('main-us');
    one.sandbox.addFault({ effect: { kind } });
    const refusal = await new PreferencesInBucket(one.services.studio()).refusal();
    const written = bucket.keys().filter((key) => bucket.versionsOf(key).length > 0);
    await one.stop();
    expect(refusal).toMatchObject({ code: 'not-supported', message: expect.stringContaining('conditions') as string });
    expect(written).toEqual([]);
  });

  it('is tried once, and what could not be deleted is named', async () => {
    const one = await startTestStudio();
    const bucket = one.sandbox.bucketOf('main-us');
    const written = () => bucket.keys().filter((key) => bucket.versionsOf(key).length > 0);
    const denied = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    one.sandbox.addFault({ effect: { kind } });
    one.sandbox.addFault({ operation: 'DeleteObject', effect: denied });
    const first = await new PreferencesInBucket(one.services.studio()).refusal();
    const left = written();
    const second = await new PreferencesInBucket(one.services.studio()).refusal();
    const after = written();
    await one.stop();
    expect(first).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining(left[0]?.slice('media/'.length) ?? '') as string,
    });
    expect(left).toHaveLength(kind === 'ignore-conditions' ? 1 : 0);
    expect(second?.code).toBe('not-supported');
    expect(after).toEqual(left);
  });
});

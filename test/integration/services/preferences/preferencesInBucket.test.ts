import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreferencesInBucket } from '../../../../electron/services/preferences/preferencesInBucket.ts';
import { NearplayError } from '../../../../shared/errors.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

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

  it('is not said to be saved by a firewall that answers anything with 200', async () => {
    const before = await stored.read();
    if (typeof before !== 'object') throw new Error('There is no object');
    const effect = {
      kind: 'answer-instead',
      status: 200,
      headers: { etag: '"0123456789abcdef0123456789abcdef"' },
    } as const;
    const end = studio.sandbox.addFault({ operation: 'PutObject', effect });
    await expect(stored.save('{"new":3}', before.etag)).rejects.toMatchObject({ code: 'unproved' });
    const other = studio.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'answer-instead', status: 404 } });
    await expect(stored.save('{"new":3}', before.etag)).rejects.toBeInstanceOf(NearplayError);
    other();
    end();
    expect(await stored.read()).toMatchObject({ text: before.text });
  });

  it('is not said to be writable, nor its conditions ignored, by an answer of success that wrote nothing', async () => {
    const effect = { kind: 'answer-instead', status: 200, headers: { 'content-type': 'text/plain' } } as const;
    const end = studio.sandbox.addFault({ operation: 'PutObject', effect });
    expect(await stored.refusal()).toMatchObject({ code: 'not-a-storage' });
    end();
    expect(await stored.refusal()).toBeUndefined();
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

  it('finds every saved state on small pages, and none in half a listing', async () => {
    const whole = await stored.history();
    const firstOnly = (body: string) => {
      const [first = '', ...others] = body.match(/<Version>.*?<\/Version>/gs) ?? [];
      const key = /<Key>(.*?)<\/Key>/.exec(first)?.[1] ?? '';
      const id = /<VersionId>(.*?)<\/VersionId>/.exec(first)?.[1] ?? '';
      const next = `<NextKeyMarker>${key}</NextKeyMarker><NextVersionIdMarker>${id}</NextVersionIdMarker>`;
      return others
        .reduce((left, one) => left.replace(one, ''), body)
        .replace('<IsTruncated>false</IsTruncated>', `<IsTruncated>true</IsTruncated>${next}`);
    };
    studio.sandbox.addFault({
      operation: 'ListObjectVersions',
      effect: {
        kind: 'rewritten',
        rewrite: ({ body }) => ({ body: typeof body === 'string' ? firstOnly(body) : body }),
      },
      times: 1,
    });
    expect(await stored.history()).toEqual(whole);
    const takeAway = studio.sandbox.addFault({ operation: 'ListObjectVersions', effect: { kind: 'no-token' } });
    await expect(stored.history()).rejects.toMatchObject({ code: 'storage-failed' });
    takeAway();
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

import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { probePicture, probeSource } from '../../../../renderer/player/sourceProbe.ts';

const MEDIA = new URL('../../../fixtures/media/', import.meta.url);
const LINK = {
  url: 'https://bucket.example/key?X-Amz-Signature=secret',
  bucket: 'studio-media',
  region: 'us-east-1',
  key: 'sq010/shot.mov',
};
const xml = (code: string, message = 'words of the storage', more = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
const answering = (status: number, body: BodyInit | null = 'x', headers: Record<string, string> = {}) =>
  vi.fn<typeof fetch>(() => Promise.resolve(new Response(body, { status, headers })));
const probe = (ask: typeof fetch) => probeSource(LINK, 'unsupported', ask);

it.each([
  [403, xml('InvalidObjectState', 'not valid', '<StorageClass>GLACIER</StorageClass>'), 'archived'],
  [403, xml('AccessDenied', 'not authorized to perform: kms:Decrypt on resource: key'), 'encryption-refused'],
  [400, xml('KMS.DisabledException'), 'encryption-refused'],
  [400, xml('InvalidRequest', 'The object was stored using a form of Server Side Encryption.'), 'encryption-unknown'],
  [403, xml('AccessDenied'), 'access-denied'],
  [403, xml('AccessDenied', 'Request has expired'), 'link-expired'],
  [404, xml('NoSuchKey'), 'no-such-key'],
  [404, xml('NoSuchVersion'), 'no-such-key'],
  [503, xml('SlowDown'), 'slow-down'],
  [500, xml('InternalError'), 'storage-failed'],
  [403, '<html><title>Blocked by policy</title></html>', 'not-a-storage'],
  [407, '', 'proxy-sign-in'],
])('a source that refuses (%d) says why in its document: %s', async (status, body, code) => {
  const finding = await probe(answering(status, body));
  expect(finding).toMatchObject({ fault: 'network', report: { code } });
  expect(JSON.stringify(finding)).not.toMatch(/secret|X-Amz/);
});

it("the storage's own words are below the sentence", async () => {
  expect((await probe(answering(403, xml('AccessDenied', 'a &lt;b&gt; c')))).report?.detail).toBe('a <b> c');
  const page = await probe(answering(403, '<html><title>Blocked by policy</title></html>'));
  expect(page.report?.detail).toBe('Blocked by policy');
});

it('an empty file is empty in every storage', async () => {
  const empty = answering(416, xml('InvalidRange'), { 'content-range': 'bytes */0' });
  expect(await probe(empty)).toMatchObject({ fault: 'unsupported', report: { code: 'empty-file' } });
  expect(await probe(answering(200, '', { 'content-length': '0' }))).toMatchObject({
    fault: 'unsupported',
    report: { code: 'empty-file' },
  });
});

it('a page that comes as an answer is not the file, unless it is the file', async () => {
  const page = '<!doctype html><html><title>Sign in</title></html>';
  expect(await probe(answering(200, page, { 'content-type': 'text/html' }))).toMatchObject({
    fault: 'network',
    report: { code: 'not-a-storage', detail: 'Sign in' },
  });
  expect(await probe(answering(206, page, { 'content-type': 'video/mp4', etag: '"1"' }))).toMatchObject({
    fault: 'unsupported',
    report: { code: 'damaged-file' },
  });
});

it('a network that fails is the source too, and why is not known', async () => {
  expect(await probe(() => Promise.reject(new TypeError('Failed to fetch')))).toEqual({ fault: 'network' });
});

it('asks for a few bytes, without cookies, and reads no more of a file that comes whole', async () => {
  let given = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      given += 1024;
      controller.enqueue(new Uint8Array(1024));
    },
  });
  const ask = answering(200, endless, { 'content-length': '1000000000' });
  expect(await probe(ask)).toMatchObject({ fault: 'unsupported', report: { code: 'codec-unsupported' } });
  expect(given).toBeLessThan(64 * 1024);
  expect(ask).toHaveBeenCalledWith(
    LINK.url,
    expect.objectContaining({ headers: { Range: 'bytes=0-16383' }, credentials: 'omit' }),
  );
});

it('a decoder that gave up in mid play stays what it is, with what the file says', async () => {
  const random = new Uint8Array(2000).map((_value, index) => (index * 167 + 13) % 256);
  const finding = await probeSource(LINK, 'decode', answering(206, random, { 'content-range': 'bytes 0-1999/2000' }));
  expect(finding).toMatchObject({ fault: 'decode', report: { code: 'codec-unsupported' } });
  expect(finding.report?.message).toContain('cannot be told');
});

it('a film that plays without its picture has one, and a sound has none', async () => {
  const film = await readFile(new URL('shots/sq010/sh010/sq010_sh010_comp_v002.mp4', MEDIA));
  const other = Uint8Array.from(film);
  other.set(Buffer.from('apch'), film.indexOf('avc1', film.indexOf('stsd')));
  const serving = (bytes: Uint8Array<ArrayBuffer>) =>
    vi.fn<typeof fetch>((_url, { headers } = {}) => {
      const [from, to] = /(\d+)-(\d+)/
        .exec((headers as { Range: string }).Range)
        ?.slice(1)
        .map(Number) ?? [0, 0];
      const body = bytes.slice(from, (to ?? 0) + 1);
      const range = `bytes ${from}-${to}/${bytes.length}`;
      return Promise.resolve(new Response(body, { status: 206, headers: { 'content-range': range } }));
    });
  const finding = await probePicture(LINK, serving(other));
  expect(finding).toMatchObject({ fault: 'unsupported', report: { code: 'codec-unsupported' } });
  expect(finding?.report?.message).toContain('ProRes 422 HQ, 1280 × 720');
  const sound = Uint8Array.from(await readFile(new URL('audio/sq020_ambience.m4a', MEDIA)));
  expect(await probePicture(LINK, serving(sound))).toBeUndefined();
});

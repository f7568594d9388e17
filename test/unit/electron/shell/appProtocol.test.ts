import fc from 'fast-check';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectionAllowlist,
  contentSecurityPolicy,
  pathInside,
  respond,
} from '../../../../electron/shell/appProtocol.ts';

let outside: string;
let folder: string;

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'nearplay-protocol-'));
  folder = join(outside, 'renderer');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await mkdir(join(outside, 'renderer-secrets'));
  await writeFile(join(outside, 'secret.txt'), 'secret');
  await writeFile(join(outside, 'renderer-secrets', 'secret.txt'), 'secret');
  await writeFile(join(folder, 'index.html'), '<!doctype html><html><head><title>Nearplay</title></head></html>');
  await writeFile(join(folder, 'assets', 'naïve name.js'), 'export {};');
  await symlink(join(outside, 'secret.txt'), join(folder, 'assets', 'link.txt'));
});
afterAll(() => rm(outside, { recursive: true, force: true }));

const files = (sources: string[] = []) => ({ folder, mediaSources: () => sources, nonce: () => 'abc' });
const get = (path: string, sources?: string[]) =>
  respond({ method: 'GET', url: `nearplay://app${path}` }, files(sources));

describe('the files of the app', () => {
  it('come with their content type and are never sniffed', async () => {
    const response = await get('/assets/na%C3%AFve%20name.js');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe('export {};');
  });

  it('let a worker compile WebAssembly and reach nothing', async () => {
    const response = await get('/assets/na%C3%AFve%20name.js');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toBe("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%2frenderer-secrets/secret.txt',
    '/assets/link.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%00',
    '/%zz',
    '/assets',
    '/nothing.js',
    '/',
  ])('never lie outside of the folder, and %s is not found', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('belong to one host only', async () => {
    expect(await pathInside(folder, 'nearplay://other/index.html')).toBeUndefined();
    expect(await pathInside(folder, 'https://app/index.html')).toBeUndefined();
    expect(await pathInside(folder, 'nearplay://app/index.html')).toBeDefined();
  });

  it('cannot be written', async () => {
    const response = await respond({ method: 'POST', url: 'nearplay://app/index.html' }, files());
    expect(response.status).toBe(405);
  });

  it('carry the policy and its nonce on the page, and a fresh nonce each time', async () => {
    const response = await get('/index.html', ['https://studio-media.s3.us-east-1.amazonaws.com/']);
    expect(response.headers.get('content-security-policy')).toContain(
      "media-src 'self' https://studio-media.s3.us-east-1.amazonaws.com",
    );
    expect(response.headers.get('connection-allowlist')).toBe(
      '(response-origin "nearplay://app/*" "https://studio-media.s3.us-east-1.amazonaws.com/*");webrtc=block',
    );
    expect(response.headers.get('x-dns-prefetch-control')).toBe('off');
    expect(await response.text()).toContain('<head><meta property="csp-nonce" nonce="abc" />');
    const load = async () => {
      const page = await respond(
        { method: 'GET', url: 'nearplay://app/index.html' },
        { folder, mediaSources: () => [] },
      );
      return page.headers.get('content-security-policy');
    };
    expect(await load()).not.toBe(await load());
  });
});

describe('the Content-Security-Policy', () => {
  const policy = contentSecurityPolicy(['http://127.0.0.1:9000/media/', 'https://b.example/'], 'abc');
  const directives = new Map(policy.split('; ').map((directive) => [directive.split(' ')[0], directive]));

  it('allows no inline or evaluated script, no frame, no form, and nothing that is not named', () => {
    expect(directives.get('default-src')).toBe("default-src 'none'");
    expect(directives.get('script-src')).toBe("script-src 'self'");
    expect(policy).not.toMatch(/unsafe-|\*|data:|blob:/);
    for (const name of ['frame-ancestors', 'base-uri', 'form-action']) {
      expect(directives.get(name)).toBe(`${name} 'none'`);
    }
  });

  it('allows media from exactly the buckets, by their path where many share a host', () => {
    for (const name of ['img-src', 'media-src', 'connect-src']) {
      expect(directives.get(name)).toBe(`${name} 'self' http://127.0.0.1:9000/media/ https://b.example`);
    }
  });

  it.each([
    '*',
    "'unsafe-inline'",
    'https://a.example',
    'https://a.example/path',
    'https://a.example/?x/',
    'https://a.example/#/',
    'https://user:pw@a.example/',
    'https://a.example/a/../b/',
    "https://a.example/; script-src 'unsafe-inline'/",
    'https://*/ x/',
    'nearplay://x/',
    'data:text/html,/',
    '',
  ])('does not let %s in as a source', (source) => {
    expect(contentSecurityPolicy([source], 'abc')).toBe(contentSecurityPolicy([], 'abc'));
    expect(connectionAllowlist([source])).toBe(connectionAllowlist([]));
  });

  it('is one policy of the same directives whatever a bucket is called', () => {
    const names = (text: string) => text.split(/[;,]/).map((directive) => directive.trim().split(' ')[0]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (bucket) => {
        const { href } = new URL(`https://host.example:9000/${encodeURI(bucket.toWellFormed())}/`);
        const text = contentSecurityPolicy([href], 'abc');
        expect(names(text)).toEqual(names(contentSecurityPolicy([], 'abc')));
      }),
    );
  });
});

describe('the list of what the page may connect to', () => {
  const patternsOf = (header: string) =>
    [...header.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([quoted]) => new URLPattern(JSON.parse(quoted) as string));
  const allows = (sources: string[], url: string) =>
    patternsOf(connectionAllowlist(sources)).some((pattern) => pattern.test(url));

  it.each([
    ['https://host.example/bucket/', 'https://host.example/bucket/a/b.mov?X-Amz-Signature=1', true],
    ['https://host.example/bucket/', 'https://host.example/bucket-of-another/a.mov', false],
    ['https://host.example/bucket/', 'https://host.example/', false],
    ['https://host.example/bucket/', 'https://host.example:8443/bucket/a.mov', false],
    ['https://host.example/bucket/', 'http://host.example/bucket/a.mov', false],
    ['https://bucket.host.example/', 'https://other.host.example/a.mov', false],
    ['http://[::1]:9000/bucket/', 'http://[::1]:9000/bucket/a.mov', true],
    ['http://[::1]:9000/bucket/', 'http://[::2]:9000/bucket/a.mov', false],
    ['https://host.example/a:b*(c)+/', 'https://host.example/a:b*(c)+/x', true],
    ['https://host.example/a:b*(c)+/', 'https://host.example/a:bbbb(c)+/x', false],
    ['https://host.example/bucket/', 'nearplay://app/assets/index.js', true],
    ['https://host.example/bucket/', 'nearplay://other/assets/index.js', false],
  ])('has %s, and %s is in it: %s', (source, url, isIn) => expect(allows([source], url)).toBe(isIn));

  it('shuts WebRTC', () => expect(connectionAllowlist([])).toMatch(/^\(response-origin .*\);webrtc=block$/));
});

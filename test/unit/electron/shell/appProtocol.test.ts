import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy, pathInside, respond } from '../../../../electron/shell/appProtocol.ts';

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

const files = (mediaOrigins: string[] = []) => ({ folder, mediaOrigins: () => mediaOrigins, nonce: () => 'abc' });
const get = (path: string, origins?: string[]) =>
  respond({ method: 'GET', url: `nearplay://app${path}` }, files(origins));

describe('the files of the app', () => {
  it('come with their content type and are never sniffed', async () => {
    const response = await get('/assets/na%C3%AFve%20name.js');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe('export {};');
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
    const response = await get('/index.html', ['https://studio-media.s3.us-east-1.amazonaws.com']);
    expect(response.headers.get('content-security-policy')).toContain(
      "media-src 'self' https://studio-media.s3.us-east-1.amazonaws.com",
    );
    expect(await response.text()).toContain('<head><meta property="csp-nonce" nonce="abc" />');
    const load = async () => {
      const page = await respond(
        { method: 'GET', url: 'nearplay://app/index.html' },
        { folder, mediaOrigins: () => [] },
      );
      return page.headers.get('content-security-policy');
    };
    expect(await load()).not.toBe(await load());
  });
});

describe('the Content-Security-Policy', () => {
  const policy = contentSecurityPolicy(['http://127.0.0.1:9000', 'https://b.example'], 'abc');
  const directives = new Map(policy.split('; ').map((directive) => [directive.split(' ')[0], directive]));

  it('allows no inline or evaluated script, no frame, no form, and nothing that is not named', () => {
    expect(directives.get('default-src')).toBe("default-src 'none'");
    expect(directives.get('script-src')).toBe("script-src 'self'");
    expect(policy).not.toMatch(/unsafe-|\*|data:|blob:/);
    for (const name of ['frame-ancestors', 'base-uri', 'form-action']) {
      expect(directives.get(name)).toBe(`${name} 'none'`);
    }
  });

  it('allows media from exactly the storages', () => {
    for (const name of ['img-src', 'media-src', 'connect-src']) {
      expect(directives.get(name)).toBe(`${name} 'self' http://127.0.0.1:9000 https://b.example`);
    }
  });

  it.each([
    '*',
    "'unsafe-inline'",
    'https://a.example/path',
    "https://a.example; script-src 'unsafe-inline'",
    'nearplay://x',
    '',
  ])('does not let %s in as an origin', (origin) => {
    expect(contentSecurityPolicy([origin], 'abc')).toBe(contentSecurityPolicy([], 'abc'));
  });
});

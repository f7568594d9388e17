import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevWindow, startDevWindow } from '../../../build/devWindow.ts';
import { SCENARIOS } from '../../../build/devWindow/scenarios.ts';
import { SILENT } from '../../../electron/services/runtime/log.ts';
import { createApi, NearplayApiError } from '../../../renderer/api.ts';
import { openDevBridge } from '../../../renderer/dev/devBridge.ts';
import { EVENTS_PATH, FILE_PATH, REQUEST_PATH, TOKEN_HEADER } from '../../../renderer/dev/wire.ts';
import type { NearplayApi } from '../../../shared/ipc.ts';

const CLIP = 'shots/sq010/sh010/sq010_sh010_comp_v002.mp4';
const FOLDER = 'shots/sq010/sh010/';

let dev: DevWindow;
beforeAll(async () => {
  dev = await startDevWindow(SILENT);
});
afterAll(() => dev.close());

/** The window's api over the page's own end of the bridge; a browser adds the Origin. */
async function openPage(scenario: string, hasGesture = false): Promise<NearplayApi> {
  const bridge = await openDevBridge({
    ...{ token: dev.token, scenario, hasGesture: () => hasGesture },
    post: (path, init) => fetch(new URL(path, dev.origin), { ...init, headers: withOrigin(init.headers) }),
  });
  return createApi(bridge);
}

function withOrigin(given: HeadersInit | undefined): Headers {
  const headers = new Headers(given);
  headers.set('origin', dev.origin);
  return headers;
}

/** The status of a POST to the bridge with these headers. */
async function statusOf(path: string, headers: Record<string, string>, method = 'POST'): Promise<number | undefined> {
  const sent = request(new URL(path, dev.origin), { method, headers, agent: false });
  sent.end(JSON.stringify({ name: 'getBootstrap', vouched: { gesture: true, fromPage: true } }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.destroy();
  return response.statusCode;
}

describe('the bridge of the development page', () => {
  it('carries requests to the real services: bootstrap, a listing, a link whose bytes are those of the media', async () => {
    const api = await openPage('library');
    expect(await api.getBootstrap()).toMatchObject({ version: 'development', preferences: { findings: [] } });
    const { entries } = await api.listLibrary({ folder: FOLDER });
    const clip = entries.find((entry) => entry.type === 'file' && entry.key === CLIP);
    expect(clip).toMatchObject({ kind: 'video' });
    const { url } = await api.createLink({ key: CLIP, purpose: 'play' });
    const bytes = await (await fetch(url)).arrayBuffer();
    expect(clip).toMatchObject({ size: bytes.byteLength });
  });

  it('carries events, and uploads the bytes of a dropped file', async () => {
    const api = await openPage('empty');
    const uploaded = new Promise<{ folder: string }>((resolve) => api.on('libraryChanged', resolve));
    expect(await api.uploadFiles('plates/', [new File(['frames'], 'plate.1001.exr')])).toMatchObject({ files: 1 });
    expect(await uploaded).toEqual({ folder: 'plates/' });
    const { entries } = await api.listLibrary({ folder: 'plates/' });
    expect(entries).toMatchObject([{ key: 'plates/plate.1001.exr', size: 'frames'.length }]);
  });

  it('answers a chooser in place of a person, and only after a click, as main does', async () => {
    const unasked = (await openPage('empty')).chooseUploads({ folder: '', what: 'files' });
    await expect(unasked).rejects.toMatchObject({ code: 'bad-request' });
    const clicked = await openPage('empty', true);
    expect(await clicked.chooseUploads({ folder: '', what: 'files' })).toMatchObject({ files: 1 });
  });

  it.each([
    ['denied', 'access-denied'],
    ['first-run', 'no-preferences'],
    ['signed-out', 'credentials-missing'],
  ])('in the scenario "%s" a listing fails with %s', async (scenario, code) => {
    const failure = await (await openPage(scenario)).listLibrary({ folder: '' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NearplayApiError);
    expect(failure).toMatchObject({ code });
  });

  it('has no scenario that cannot be started', async () => {
    for (const scenario of Object.keys(SCENARIOS)) {
      const { runtime } = await (await openPage(scenario)).getBootstrap();
      expect(runtime, scenario).toBe('a development page');
    }
    await expect(openPage('toString')).rejects.toThrow('404');
  });
});

describe('what is not the development page', () => {
  const good = () => ({ origin: dev.origin, [TOKEN_HEADER]: dev.token });
  const paths = [REQUEST_PATH, EVENTS_PATH, `${FILE_PATH}?name=a`];

  it.each(paths)(
    'is refused at %s: without the token, with another one, from another origin, from none',
    async (path) => {
      expect(await statusOf(path, good())).toBe(200);
      expect(await statusOf(path, { origin: dev.origin })).toBe(403);
      expect(await statusOf(path, { ...good(), [TOKEN_HEADER]: `${dev.token}x` })).toBe(403);
      expect(await statusOf(path, { ...good(), origin: 'https://evil.example' })).toBe(403);
      expect(await statusOf(path, { ...good(), origin: 'null' })).toBe(403);
      expect(await statusOf(path, { [TOKEN_HEADER]: dev.token })).toBe(403);
    },
  );

  it('is refused under another name that points to loopback, and by another method', async () => {
    const { port } = new URL(dev.origin);
    const host = `rebound.example:${port}`;
    expect(await statusOf(REQUEST_PATH, { ...good(), host, origin: `http://${host}` })).toBe(403);
    expect(await statusOf(REQUEST_PATH, { ...good(), host })).toBe(403);
    expect(await statusOf(REQUEST_PATH, good(), 'PUT')).toBe(403);
    expect(await statusOf(REQUEST_PATH, good(), 'OPTIONS')).toBe(403);
  });

  it('gets the page itself, which holds no token', async () => {
    const page = await (await fetch(new URL('/dev.html', dev.origin))).text();
    expect(page).toContain('Nearplay (development)');
    expect(page).not.toContain(dev.token);
  });
});

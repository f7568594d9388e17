import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { MAX_CUBE_BYTES, parseCube } from '../../../../renderer/images/cube.ts';
import { readTable, readTableFile, TableError } from '../../../../renderer/player/lookTable.ts';
import type { ReadLink } from '../../../../renderer/player/reader/readLinks.ts';

const GRADE = join(import.meta.dirname, '../../../fixtures/colour/grade.cube');
const retryDelay = { first: 1, most: 1 };
const never = new AbortController().signal;

/** A link of the replica, or of main once that has failed. */
function linksTo(size: number, change: Partial<ReadLink> = {}) {
  return vi.fn((failed?: string): Promise<ReadLink> => {
    const storage = failed === undefined ? 'replica' : 'main';
    const url = `https://${storage}.example/key?signature=secret`;
    const link = { url, size, versionId: 'v1', lastModified: 0, expiresAt: Infinity, route: { storage } };
    return Promise.resolve({ ...link, ...change });
  });
}

/** Gives the range that is asked for. */
function rangesOf(content: Uint8Array<ArrayBuffer>) {
  return vi.fn<typeof fetch>((_url, init) => {
    const [first = 0, last = 0] = (/(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '') ?? [])
      .slice(1)
      .map(Number);
    const headers = { 'content-range': `bytes ${first}-${last}/${content.length}` };
    return Promise.resolve(new Response(content.slice(first, last + 1), { status: 206, headers }));
  });
}

async function faultOf(reading: Promise<unknown>): Promise<unknown> {
  const error: unknown = await reading.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(TableError);
  expect(String(error)).not.toContain('secret');
  return error instanceof TableError ? error.fault : undefined;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('the table of a look', () => {
  it('is the one of its file', async () => {
    const content = new Uint8Array(await readFile(GRADE));
    const link = linksTo(content.length);
    const lut = await readTable({ link, ask: rangesOf(content) }, never);
    expect(lut.table).toEqual(parseCube(await readFile(GRADE, 'utf8')).table);
    expect(link).toHaveBeenCalledExactlyOnceWith();
  });

  it('comes from the other storage where the nearest one fails', async () => {
    const content = new Uint8Array(await readFile(GRADE));
    const good = rangesOf(content);
    const ask = vi.fn<typeof fetch>((url, init) =>
      (url as string).includes('replica') ? Promise.resolve(new Response('', { status: 503 })) : good(url, init),
    );
    expect((await readTable({ link: linksTo(content.length), ask, retryDelay }, never)).size).toBe(5);
  });

  it('is not asked for where the file is larger than tables are, or empty', async () => {
    const ask = vi.fn<typeof fetch>();
    const bytes = MAX_CUBE_BYTES + 1;
    expect(await faultOf(readTable({ link: linksTo(bytes), ask }, never))).toEqual({ is: 'too-large', bytes });
    expect(await faultOf(readTable({ link: linksTo(0), ask }, never))).toEqual({ is: 'empty' });
    expect(ask).not.toHaveBeenCalled();
  });

  it.each([
    ['that ends too early', 'LUT_3D_SIZE 2\n0 0 0\n', { is: 'cube', fault: 'too-few', line: 3 }],
    ['with words for numbers', 'LUT_3D_SIZE 2\n0 0 oops\n', { is: 'cube', fault: 'number', line: 2 }],
    ['that is something else', '\u0000\u0001\u0002', { is: 'cube', fault: 'no-size', line: 1 }],
  ])('of a file %s says so, with the line', async (_what, text, fault) => {
    const content = bytesOf(text);
    expect(await faultOf(readTable({ link: linksTo(content.length), ask: rangesOf(content) }, never))).toEqual(fault);
  });

  it('of a file that is not there has the words of main', async () => {
    const report = { code: 'no-such-key', message: 'It is not there.', retryable: false } as const;
    const link = () => Promise.reject(new NearplayApiError(report));
    expect(await faultOf(readTable({ link }, never))).toEqual({ is: 'report', report });
  });

  it('of which no storage gives the bytes says what they answered', async () => {
    const ask = vi.fn<typeof fetch>(() => Promise.resolve(new Response('', { status: 503 })));
    const fault = await faultOf(readTable({ link: linksTo(10), ask, retryDelay }, never));
    expect(fault).toEqual({ is: 'no-bytes', status: 503 });
    ask.mockImplementation(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await faultOf(readTable({ link: linksTo(10), ask, retryDelay }, never))).toEqual({ is: 'no-bytes' });
  });

  it('of a file that is replaced meanwhile is not put together of two', async () => {
    let asked = 0;
    const link = (failed?: string) => linksTo(10, { versionId: `v${(asked += 1)}` })(failed);
    const ask = vi.fn<typeof fetch>(() => Promise.resolve(new Response('', { status: 503 })));
    expect(await faultOf(readTable({ link, ask, retryDelay }, never))).toEqual({ is: 'replaced' });
  });

  it('that is not wanted any more ends with the reason, and its request too', async () => {
    const ends = new AbortController();
    const reason = new Error('Another look');
    let signal: AbortSignal | null | undefined;
    const ask = vi.fn<typeof fetch>((_url, init) => {
      signal = init?.signal;
      const { promise, reject } = Promise.withResolvers<Response>();
      signal?.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
      ends.abort(reason);
      return promise;
    });
    await expect(readTable({ link: linksTo(10), ask }, ends.signal)).rejects.toBe(reason);
    expect(signal?.aborted).toBe(true);
  });
});

describe('the table of a file of this computer', () => {
  const file = (content: Uint8Array<ArrayBuffer>, size = content.length) => ({
    size,
    arrayBuffer: vi.fn(() => Promise.resolve(content.slice().buffer)),
  });

  it('is read, with or without a byte order mark', async () => {
    const text = await readFile(GRADE, 'utf8');
    expect((await readTableFile(file(bytesOf(`\ufeff${text}`)))).title).toBe('A grade');
  });

  it('is not read where the file is too large, and says so where it cannot be read', async () => {
    const large = file(bytesOf('x'), MAX_CUBE_BYTES + 1);
    expect(await faultOf(readTableFile(large))).toMatchObject({ is: 'too-large' });
    expect(large.arrayBuffer).not.toHaveBeenCalled();
    const gone = { size: 5, arrayBuffer: () => Promise.reject(new DOMException('Gone', 'NotFoundError')) };
    expect(await faultOf(readTableFile(gone))).toEqual({ is: 'unreadable' });
  });
});

import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../../renderer/api.ts';
import { RangeReader, type RangeReaderOptions } from '../../../../../renderer/player/reader/rangeReader.ts';
import { RangeFailure } from '../../../../../renderer/player/reader/rangeRequest.ts';
import { VersionChanged } from '../../../../../renderer/player/reader/readLinks.ts';
import { FakeStorages } from './fakeStorage.ts';

const BLOCK = 1000;

function readerOf(storages: FakeStorages, options: Partial<RangeReaderOptions> = {}): RangeReader {
  const { link, ask } = storages;
  const retryDelay = { first: 1, most: 1 };
  const sizes = { blockBytes: BLOCK, maxBufferBytes: 16 * BLOCK, maxBlocksPerRequest: 1 };
  return new RangeReader({ link, ask, ...sizes, retryDelay, ...options });
}

/** Until nothing is under way and nothing is started any more. */
async function settled(reader: RangeReader): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet = reader.figures.requestsAtOnce === 0 ? quiet + 1 : 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

it('gives the bytes that were asked for, whatever the blocks are', async () => {
  const storages = new FakeStorages(7321);
  const reader = readerOf(storages);
  expect(await reader.size()).toBe(7321);
  expect(await reader.read(0, 10)).toEqual(storages.content.slice(0, 10));
  expect(await reader.read(995, 3005)).toEqual(storages.content.slice(995, 3005));
  expect(await reader.read(7000, 7321)).toEqual(storages.content.slice(7000));
  expect(await reader.read(50, 50)).toEqual(new Uint8Array(0));
  await expect(reader.read(7000, 7322)).rejects.toBeInstanceOf(RangeError);
  expect(storages.asked).toEqual([undefined]);
});

it('asks for what a read needs by several requests side by side, and by no more than it may', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  storages.behaviour = () => undefined;
  const reader = readerOf(storages, { maxBufferBytes: 40 * BLOCK });
  const reading = reader.read(0, 12 * BLOCK);
  const first = await storages.untilRequests(6);
  expect(first.map(({ start }) => start / BLOCK)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(reader.figures).toMatchObject({ requestsAtOnce: 6, mostRequestsAtOnce: 6 });
  storages.behaviour = (request) => request.answer();
  for (const request of [...first]) request.answer();
  expect(await reading).toEqual(storages.content.slice(0, 12 * BLOCK));
  expect(reader.figures.mostRequestsAtOnce).toBe(6);
});

it('hands out what a read needs before its block is whole', async () => {
  const storages = new FakeStorages(4 * BLOCK);
  storages.behaviour = (request) => void request.begin(100);
  const reader = readerOf(storages);
  expect(await reader.read(0, 100)).toEqual(storages.content.slice(0, 100));
  expect(reader.figures.requestsAtOnce).toBeGreaterThan(0);
  reader.dispose();
});

it('reads ahead of what is read in order, until the buffer is full, and goes on as the position does', async () => {
  const storages = new FakeStorages(100 * BLOCK);
  const reader = readerOf(storages);
  await reader.read(0, BLOCK);
  await settled(reader);
  expect(reader.figures.bytesReceived).toBe(5 * BLOCK);
  await reader.read(BLOCK, 3 * BLOCK);
  await settled(reader);
  // Half of the buffer lies ahead.
  expect(reader.figures.bytesReceived).toBe(11 * BLOCK);
  for (let at = 3; at < 40; at++) {
    await reader.read(at * BLOCK, (at + 1) * BLOCK);
    expect(reader.figures.bytesHeld).toBeLessThanOrEqual(16 * BLOCK);
  }
  await settled(reader);
  expect(reader.figures).toMatchObject({ bytesReceived: 48 * BLOCK, bytesHeld: 16 * BLOCK });
});

it('reads nothing ahead after a jump, or where it must not', async () => {
  const storages = new FakeStorages(100 * BLOCK);
  const careful = readerOf(storages, { maxAheadBytes: 0 });
  await careful.read(0, 3 * BLOCK);
  await careful.read(3 * BLOCK, 6 * BLOCK);
  await settled(careful);
  expect(careful.figures.bytesReceived).toBe(6 * BLOCK);
  const reader = readerOf(storages);
  for (const at of [90, 10, 50]) await reader.read(at * BLOCK, at * BLOCK + 10);
  await settled(reader);
  expect(reader.figures.bytesReceived).toBe(3 * BLOCK);
});

it('reads no byte twice while it is in the buffer', async () => {
  const storages = new FakeStorages(12 * BLOCK);
  const reader = readerOf(storages);
  for (let at = 0; at < 12; at++) await reader.read(at * BLOCK, (at + 1) * BLOCK);
  const { requests } = reader.figures;
  expect(await reader.read(0, 12 * BLOCK)).toEqual(storages.content);
  for (let at = 11; at >= 0; at--) await reader.read(at * BLOCK, (at + 1) * BLOCK);
  expect(reader.figures).toMatchObject({ requests, bytesReceived: 12 * BLOCK });
});

it('breaks off what a jump leaves behind, and keeps what had come of it', async () => {
  const storages = new FakeStorages(100 * BLOCK);
  const reader = readerOf(storages);
  await reader.read(0, BLOCK);
  await settled(reader);
  const count = storages.requests.length;
  storages.behaviour = (request) => void request.begin(300);
  await reader.read(BLOCK, 5 * BLOCK);
  const left = [...(await storages.untilRequests(count + 3))].slice(count);
  expect(left.map(({ signal }) => signal.aborted)).not.toContain(true);
  while (reader.figures.bytesReceived < 5 * BLOCK + left.length * 300) await new Promise(setImmediate);
  storages.behaviour = (request) => request.answer();
  expect(await reader.read(80 * BLOCK, 80 * BLOCK + 10)).toEqual(storages.content.slice(80 * BLOCK, 80 * BLOCK + 10));
  expect(left.map(({ signal }) => signal.aborted)).not.toContain(false);
  const before = storages.requests.length;
  await reader.read(5 * BLOCK, 6 * BLOCK);
  expect(storages.requests[before]).toMatchObject({ start: 5 * BLOCK + 300 });
});

it('what a read waits for goes before what another one will want', async () => {
  const storages = new FakeStorages(100 * BLOCK);
  storages.behaviour = () => undefined;
  const reader = readerOf(storages, { maxRequests: 2 });
  const long = reader.read(50 * BLOCK, 58 * BLOCK);
  const [first, second] = await storages.untilRequests(2);
  expect([first?.start, second?.start]).toEqual([50 * BLOCK, 51 * BLOCK]);
  storages.behaviour = (request) => request.answer();
  expect(await reader.read(10 * BLOCK, 11 * BLOCK)).toEqual(storages.content.slice(10 * BLOCK, 11 * BLOCK));
  expect([first?.signal.aborted, second?.signal.aborted]).toEqual([false, true]);
  first?.answer();
  expect(await long).toEqual(storages.content.slice(50 * BLOCK, 58 * BLOCK));
});

it('a read that is given up ends its requests', async () => {
  const storages = new FakeStorages(10 * BLOCK);
  storages.behaviour = () => undefined;
  const reader = readerOf(storages);
  const ends = new AbortController();
  const reading = reader.read(0, 3 * BLOCK, ends.signal);
  await storages.untilRequests(3);
  ends.abort(new Error('No longer'));
  await expect(reading).rejects.toThrow('No longer');
  expect(storages.requests.every(({ signal }) => signal.aborted)).toBe(true);
});

it('after its end nothing is under way, and reads are refused', async () => {
  const storages = new FakeStorages(10 * BLOCK);
  storages.behaviour = () => undefined;
  const reader = readerOf(storages);
  const reading = reader.read(0, 3 * BLOCK);
  await storages.untilRequests(3);
  reader.dispose();
  await expect(reading).rejects.toThrow('closed');
  await expect(reader.read(0, 1)).rejects.toThrow('closed');
  expect(storages.requests.every(({ signal }) => signal.aborted)).toBe(true);
  expect(storages.requests).toHaveLength(3);
  expect(reader.figures).toMatchObject({ requestsAtOnce: 0, bytesHeld: 0 });
});

it('a body that breaks off goes on at its byte from another storage, which is asked for once', async () => {
  const storages = new FakeStorages(6 * BLOCK);
  storages.behaviour = (request) => {
    if (request.storage !== 'replica') request.answer();
    else void Promise.resolve(request.begin(123)).then((body) => setTimeout(() => body.breakOff(), 1));
  };
  const reader = readerOf(storages);
  expect(await reader.read(0, 6 * BLOCK)).toEqual(storages.content);
  expect(storages.asked).toEqual([undefined, 'replica']);
  const second = storages.requests.filter(({ storage }) => storage === 'main').map(({ start }) => start);
  expect(second.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5].map((index) => index * BLOCK + 123));
  expect(reader.storage).toBe('main');
  expect(reader.figures.bytesReceived).toBe(6 * BLOCK);
});

it('a source that is silent is left, before its answer and within it', async () => {
  for (const sends of [undefined, 50]) {
    const storages = new FakeStorages(2 * BLOCK);
    storages.behaviour = (request) => {
      if (request.storage === 'main') request.answer();
      else if (sends !== undefined) request.begin(sends);
    };
    const reader = readerOf(storages, { silenceMs: 20 });
    expect(await reader.read(0, 2 * BLOCK)).toEqual(storages.content);
    expect(storages.asked).toEqual([undefined, 'replica']);
    expect(storages.requests.find(({ storage }) => storage === 'main')?.start).toBe(sends ?? 0);
  }
});

const refusing = (status: number) => () => new Response('<Error/>', { status });
type Answer = (storages: FakeStorages, start: number, end: number) => Response;
it.each<[string, Answer]>([
  ['404', refusing(404)],
  ['503', refusing(503)],
  ['416', refusing(416)],
  ['the whole object', ({ content }) => new Response(content, { status: 200, headers: { etag: '"one"' } })],
  ['a page', () => new Response('<html>Sign in</html>', { status: 200, headers: { 'content-type': 'text/html' } })],
  [
    'a page that calls itself a range',
    ({ content }, start, end) =>
      new Response(content.slice(start, end), { status: 206, headers: { 'content-type': 'text/html; charset=utf-8' } }),
  ],
  ['another range', (storages, start, end) => storages.range(start + 1, end + 1)],
  ['less than was asked for', (storages, start, end) => storages.range(start, end - 1)],
  [
    'a range of an object of another size',
    (storages, start, end) => storages.range(start, end, { 'content-range': `bytes ${start}-${end - 1}/99999` }),
  ],
  [
    'a longer body than its head says',
    ({ content }, start, end) =>
      new Response(
        content.slice(start, end + 7).map((byte) => byte ^ 1),
        { status: 206, headers: { etag: '"one"' } },
      ),
  ],
])('%s is a fault and never bytes', async (_name, answer) => {
  const storages = new FakeStorages(20 * BLOCK);
  storages.behaviour = (request) => {
    if (request.storage === 'main') request.answer();
    else request.respond(answer(storages, request.start, request.end));
  };
  const reader = readerOf(storages);
  expect(await reader.read(0, 4 * BLOCK)).toEqual(storages.content.slice(0, 4 * BLOCK));
  expect(storages.asked).toEqual([undefined, 'replica']);
  expect(reader.storage).toBe('main');
});

it('goes over to the storage of a new link at the byte where it was', async () => {
  const storages = new FakeStorages(4 * BLOCK);
  storages.behaviour = (request) => {
    if (request.storage === 'main') request.answer();
    else request.begin(300);
  };
  const reader = readerOf(storages);
  const reading = reader.read(0, BLOCK);
  await reader.read(0, 300);
  expect(reader.isWaiting).toBe(true);
  storages.nextLink = () => ({ storage: 'main' });
  reader.renewLink();
  expect(await reading).toEqual(storages.content.slice(0, BLOCK));
  expect(reader.isWaiting).toBe(false);
  expect(storages.requests.find(({ storage }) => storage === 'main')).toMatchObject({ start: 300, end: BLOCK });
  expect(storages.asked).toEqual([undefined, undefined]);
});

it('a new link of the same storage leaves alone what is under way', async () => {
  const storages = new FakeStorages(BLOCK);
  const bodies: { end: () => void }[] = [];
  storages.behaviour = (request) => void bodies.push(request.begin(300));
  const reader = readerOf(storages);
  const reading = reader.read(0, BLOCK);
  await reader.read(0, 300);
  reader.renewLink();
  await vi.waitFor(() => expect(storages.asked).toHaveLength(2));
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  bodies[0]?.end();
  expect(await reading).toEqual(storages.content.slice(0, BLOCK));
  expect(storages.requests).toHaveLength(1);
});

it('a body that ends early is asked for from where it ended', async () => {
  const storages = new FakeStorages(BLOCK);
  storages.behaviour = ({ storage, start, end, respond }) =>
    respond(
      storage === 'main'
        ? storages.range(start, end)
        : new Response(storages.content.slice(start, 400), { status: 206, headers: { etag: '"one"' } }),
    );
  const reader = readerOf(storages);
  expect(await reader.read(0, BLOCK)).toEqual(storages.content);
  expect(storages.requests.map(({ storage, start }) => [storage, start])).toEqual([
    ['replica', 0],
    ['main', 400],
  ]);
});

it('another ETag of the same storage is another content', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  let answers = 0;
  storages.behaviour = ({ storage, start, end, respond }) => {
    answers += 1;
    const etag = storage === 'replica' && answers > 1 ? '"two"' : '"one"';
    respond(storages.range(start, end, { etag }));
  };
  const reader = readerOf(storages, { maxAheadBytes: 0 });
  await reader.read(0, BLOCK);
  expect(reader.storage).toBe('replica');
  expect(await reader.read(5 * BLOCK, 6 * BLOCK)).toEqual(storages.content.slice(5 * BLOCK, 6 * BLOCK));
  expect(reader.storage).toBe('main');
});

it.each([
  ['version', { versionId: 'v2' }],
  ['size', { size: 20 * BLOCK + 1 }],
])('a link to another %s ends the reader', async (_name, other) => {
  const storages = new FakeStorages(20 * BLOCK);
  storages.behaviour = ({ respond }) => respond(refusing(404)());
  storages.nextLink = (failed) => (failed === undefined ? {} : other);
  const reader = readerOf(storages);
  await expect(reader.read(0, BLOCK)).rejects.toBeInstanceOf(VersionChanged);
  await expect(reader.read(0, 1)).rejects.toBeInstanceOf(VersionChanged);
});

it('where there are no versions the date tells', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  storages.behaviour = ({ respond }) => respond(refusing(404)());
  const unversioned = { versionId: undefined, lastModified: 1 } as object;
  storages.nextLink = (failed) => ({ ...unversioned, ...(failed !== undefined && { lastModified: 2 }) });
  await expect(readerOf(storages).read(0, BLOCK)).rejects.toBeInstanceOf(VersionChanged);
});

it('a link that is refused is renewed first; refused again, its storage has failed', async () => {
  const storages = new FakeStorages(4 * BLOCK);
  storages.behaviour = ({ storage, start, end, respond }) =>
    respond(storage === 'main' ? storages.range(start, end) : refusing(403)());
  const reader = readerOf(storages);
  expect(await reader.read(0, 4 * BLOCK)).toEqual(storages.content);
  expect(storages.asked).toEqual([undefined, undefined, 'replica']);
});

it('a link is renewed before its end, and reading does not wait for that', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  let now = 0;
  storages.nextLink = () => ({ expiresAt: now + 1000 });
  const reader = readerOf(storages, { now: () => now, maxAheadBytes: 0 });
  await reader.read(0, BLOCK);
  now = 799;
  await reader.read(BLOCK, 2 * BLOCK);
  expect(storages.asked).toHaveLength(1);
  now = 800;
  await reader.read(2 * BLOCK, 3 * BLOCK);
  expect(storages.asked).toHaveLength(2);
  now = 5000;
  await reader.read(3 * BLOCK, 4 * BLOCK);
  expect(storages.asked).toHaveLength(3);
  expect(new Set(storages.requests.map(({ storage }) => storage))).toEqual(new Set(['replica']));
});

it('what fails everywhere is told to who waits, and tried again when asked again', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  storages.behaviour = ({ respond }) => respond(refusing(503)());
  const reader = readerOf(storages);
  const failure: unknown = await reader.read(0, BLOCK).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RangeFailure);
  expect(failure).toMatchObject({ fault: 'status', status: 503 });
  expect(String(failure)).not.toMatch(/secret|https/);
  expect(storages.requests).toHaveLength(5);
  storages.behaviour = (request) => request.answer();
  expect(await reader.read(0, BLOCK)).toEqual(storages.content.slice(0, BLOCK));
});

it('without a link there is nothing to read, and why is told', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  const gone = new NearplayApiError({ code: 'no-such-key', message: 'Gone.', retryable: false });
  await expect(readerOf(storages, { link: () => Promise.reject(gone) }).read(0, 1)).rejects.toBe(gone);
  const reader = readerOf(storages, {
    link: (failed) => (failed === undefined ? storages.link() : Promise.reject(gone)),
  });
  storages.behaviour = ({ respond }) => respond(refusing(404)());
  await expect(reader.read(0, 1)).rejects.toBe(gone);
});

it('gives the right bytes for any reads over a source that breaks, lies and refuses', async () => {
  const size = 9 * BLOCK + 77;
  const offset = fc.integer({ min: 0, max: size });
  const faults = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'break', '404', '403', 'whole', 'short', 'etag'), {
    minLength: 1,
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(offset, offset), { minLength: 1, maxLength: 8 }),
      faults,
      async (reads, plan) => {
        const storages = new FakeStorages(size);
        storages.behaviour = (request) => {
          const { start, end, respond } = request;
          const fault = plan.shift() ?? 'ok';
          if (fault === 'break') request.begin(Math.floor((end - start) / 2)).breakOff();
          else if (fault === '404' || fault === '403') respond(refusing(Number(fault))());
          else if (fault === 'whole') respond(new Response(storages.content, { status: 200 }));
          else if (fault === 'short') respond(new Response(storages.content.slice(start, end - 1), { status: 206 }));
          else if (fault === 'etag') respond(storages.range(start, end, { etag: `"${plan.length}"` }));
          else request.answer();
        };
        const reader = readerOf(storages, { maxBufferBytes: 4 * BLOCK, maxBlocksPerRequest: 3 });
        for (const [one, other] of reads) {
          const [start, end] = [Math.min(one, other), Math.max(one, other)];
          const bytes = await reader.read(start, end).catch((error: unknown) => {
            expect(error).toBeInstanceOf(RangeFailure);
            return undefined;
          });
          if (bytes) expect(Buffer.compare(bytes, storages.content.subarray(start, end))).toBe(0);
          expect(reader.figures.bytesHeld).toBeLessThanOrEqual(6 * BLOCK);
        }
        reader.dispose();
      },
    ),
    { numRuns: 60 },
  );
});

it('asks again for what a read waits for, however far from it others have read since', async () => {
  const storages = new FakeStorages(20 * BLOCK);
  // A line on which a request carries several blocks.
  storages.behaviour = (request) => void setTimeout(() => request.answer(), 20);
  const reader = readerOf(storages, { maxBlocksPerRequest: 4, maxAheadBytes: 0 });
  await reader.read(0, BLOCK);
  storages.behaviour = () => undefined;
  const waiting = reader.read(10 * BLOCK, 11 * BLOCK);
  const [, far] = await storages.untilRequests(2);
  await reader.read(0, 10);
  storages.behaviour = (request) => request.answer();
  far?.respond(new Response('', { status: 503 }));
  expect(await waiting).toEqual(storages.content.slice(10 * BLOCK, 11 * BLOCK));
});

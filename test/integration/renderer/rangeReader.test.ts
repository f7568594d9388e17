import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { RangeReader, type RangeReaderOptions } from '../../../renderer/player/reader/rangeReader.ts';
import { MIB } from '../../../shared/units.ts';
import { withSandbox } from '../../helpers/fixtures.ts';
import { readLinkTo } from '../../helpers/readLinks.ts';
import { startRelay } from '../../helpers/relay.ts';
import type { FaultEffect } from '../../sandbox/faults.ts';
import type { Version } from '../../sandbox/records.ts';
import type { Sandbox, SandboxRegion } from '../../sandbox/sandbox.ts';
import { seed } from '../../sandbox/seed.ts';

const HOUR = 3600 * 1000;
/** Read at once, as a demultiplexer does. */
const STEP = 256 * 1024;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An object in both regions, and a reader that goes over from the replica to main and back. */
const it = withSandbox.extend('film', async ({ sandbox, folder }) => {
  const content = randomBytes(24 * MIB + 12_345);
  const media = join(folder, 'media');
  await mkdir(media);
  await writeFile(join(media, 'film.mov'), content);
  const [version] = await seed(sandbox, media, { prefix: 'media', replicated: true });
  if (!version) throw new Error('Nothing was put');
  return { content, version };
});

function open(sandbox: Sandbox, version: Version, options: Partial<RangeReaderOptions> & { endpoint?: string } = {}) {
  const { endpoint, ...rest } = options;
  const asked: (string | undefined)[] = [];
  const link = async (failed?: string) => {
    asked.push(failed);
    const region: SandboxRegion = failed === sandbox.replica.name ? sandbox.main : sandbox.replica;
    return readLinkTo(sandbox, region, version, endpoint);
  };
  const reader = new RangeReader({ link, ...rest });
  closing.push(() => reader.dispose());
  return { reader, asked };
}

/** @param each called after each step with the position */
async function readAll(reader: RangeReader, each: (at: number) => void = () => undefined): Promise<Buffer> {
  const size = await reader.size();
  const steps: Uint8Array[] = [];
  for (let at = 0; at < size; at += STEP) {
    steps.push(await reader.read(at, Math.min(size, at + STEP)));
    each(at);
  }
  return Buffer.concat(steps);
}

it('reads an object in order, each byte once', async ({ sandbox, film: { content, version } }) => {
  const { reader, asked } = open(sandbox, version, { maxBufferBytes: 16 * MIB });
  let held = 0;
  const read = await readAll(reader, () => (held = Math.max(held, reader.figures.bytesHeld)));
  expect(read.equals(content)).toBe(true);
  expect(reader.figures.bytesReceived).toBe(content.length);
  expect(held).toBeLessThanOrEqual(16 * MIB);
  expect(asked).toEqual([undefined]);
  const gets = sandbox.requests.filter(({ operation }) => operation === 'GetObject');
  expect(gets.every(({ status, region }) => status === 206 && region === sandbox.replica.region)).toBe(true);
});

it('carries over a long line what one connection cannot', async ({ sandbox, film: { content, version } }) => {
  const relay = await startRelay({ targetPort: Number(new URL(sandbox.replica.endpoint).port) });
  closing.push(() => relay.close());
  const { reader } = open(sandbox, version, { endpoint: `http://127.0.0.1:${relay.port}`, maxBlocksPerRequest: 1 });
  expect((await readAll(reader)).equals(content)).toBe(true);
  const { connections, bytesToClients } = relay.figures();
  expect(connections).toBeGreaterThanOrEqual(6);
  // Requests leave their connections to others.
  expect(connections).toBeLessThan(reader.figures.requests);
  expect(reader.figures).toMatchObject({ bytesReceived: content.length, mostRequestsAtOnce: 6 });
  // Heads of answers besides.
  expect(bytesToClients - content.length).toBeLessThan(64 * 1024);
});

it('goes over to main at its byte when the replica goes down', async ({ sandbox, film: { content, version } }) => {
  const { reader, asked } = open(sandbox, version, { retryDelay: { first: 10, most: 10 } });
  const read = await readAll(reader, (at) => {
    if (at !== 8 * STEP) return;
    sandbox.addFault({ region: sandbox.replica.region, effect: { kind: 'down' } });
  });
  expect(read.equals(content)).toBe(true);
  expect(reader.figures.bytesReceived).toBe(content.length);
  expect(asked).toContain(sandbox.replica.name);
});

const FAULTS: Record<string, FaultEffect> = {
  'breaks off': { kind: 'reset', afterBytes: 300_000 },
  'answers 404': { kind: 'status', status: 404, code: 'NoSuchKey' },
  'answers 503': { kind: 'status', status: 503, code: 'SlowDown' },
  'falls silent': { kind: 'stall' },
  'falls silent within a body': { kind: 'stall', afterBytes: 300_000 },
  'knows no ranges': { kind: 'ignore-range' },
  'answers with a page': { kind: 'answer-instead', status: 200, headers: { 'content-type': 'text/html' }, body: 'Hi' },
};
for (const [name, effect] of Object.entries(FAULTS)) {
  it(`reads from main what a replica that ${name} does not give`, async ({ sandbox, film: { content, version } }) => {
    sandbox.addFault({ region: sandbox.replica.region, operation: 'GetObject', effect });
    const { reader, asked } = open(sandbox, version, { silenceMs: 2000, retryDelay: { first: 10, most: 10 } });
    expect(Buffer.from(await reader.read(0, 3 * MIB)).equals(content.subarray(0, 3 * MIB))).toBe(true);
    expect(asked.slice(0, 2)).toEqual([undefined, sandbox.replica.name]);
    expect(reader.storage).toBe(sandbox.main.name);
  });
}

it('renews a link that has ended and stays with its storage', async ({ sandbox, film: { content, version } }) => {
  const { reader, asked } = open(sandbox, version, { maxAheadBytes: 0 });
  await reader.read(0, MIB);
  sandbox.setClock(2 * HOUR);
  const read = await reader.read(5 * MIB, 6 * MIB);
  expect(Buffer.from(read).equals(content.subarray(5 * MIB, 6 * MIB))).toBe(true);
  expect(asked).toEqual([undefined, undefined]);
  expect(reader.storage).toBe(sandbox.replica.name);
});

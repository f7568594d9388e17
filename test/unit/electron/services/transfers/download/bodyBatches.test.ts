import fc from 'fast-check';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BodyBatches } from '../../../../../../electron/services/transfers/download/bodyBatches.ts';
import { KIB } from '../../../../../../shared/units.ts';

async function readAll(batches: BodyBatches): Promise<Buffer[]> {
  const read: Buffer[] = [];
  for (let bytes = await batches.next(); bytes; bytes = await batches.next()) read.push(Buffer.from(bytes));
  return read;
}

it('hands over every byte in its order, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 * KIB }), { maxLength: 12 }), async (sizes) => {
      const pieces = sizes.map((size, index) => Buffer.alloc(size, index + 1));
      const body = Readable.from(pieces, { objectMode: false });
      let arrived = 0;
      const read = await readAll(new BodyBatches(body, () => (arrived += 1)));
      expect(Buffer.concat(read).equals(Buffer.concat(pieces))).toBe(true);
      expect(arrived).toBe(pieces.length);
    }),
    { numRuns: 50 },
  );
});

it('hands over several pieces at once', async () => {
  const body = Readable.from(
    Array.from({ length: 64 }, () => Buffer.alloc(16 * KIB)),
    { objectMode: false },
  );
  const read = await readAll(new BodyBatches(body, () => undefined));
  expect(read.length).toBeLessThanOrEqual(16);
});

it('fills a buffer for the whole body, and says when there is more', async () => {
  const pieces = Array.from({ length: 10 }, (_, index) => Buffer.alloc(1000, index));
  const whole = Buffer.alloc(10_000);
  const batches = new BodyBatches(Readable.from(pieces, { objectMode: false }), () => undefined, whole);
  expect(await batches.next()).toEqual(whole);
  expect(whole.equals(Buffer.concat(pieces))).toBe(true);
  expect(await batches.next()).toBeUndefined();
  const more = new BodyBatches(Readable.from([...pieces, Buffer.from('more')]), () => undefined, whole);
  expect(await more.next()).toHaveLength(10_000);
  expect((await more.next())?.toString()).toBe('more');
});

it('gives what came before a failure, and then the failure', async () => {
  const body = new PassThrough();
  const batches = new BodyBatches(body, () => undefined);
  body.write(Buffer.from('some'));
  await turn();
  body.destroy(new Error('broken'));
  expect((await batches.next())?.toString()).toBe('some');
  await expect(batches.next()).rejects.toThrow('broken');
});

it('fails for a body that ends too early, even before it is read', async () => {
  const body = new PassThrough();
  const batches = new BodyBatches(body, () => undefined);
  body.destroy();
  await turn();
  await expect(batches.next()).rejects.toThrow(/premature/i);
});

it('holds the stream back while a whole batch waits', async () => {
  let given = 0;
  const body = new Readable({
    read() {
      given += 1;
      this.push(Buffer.alloc(64 * KIB));
    },
  });
  const batches = new BodyBatches(body, () => undefined);
  for (let turns = 0; turns < 100; turns++) await turn();
  const before = given;
  expect(before).toBeLessThan(16);
  await batches.next();
  for (let turns = 0; turns < 100; turns++) await turn();
  expect(given).toBeGreaterThan(before);
  expect(given).toBeLessThan(32);
  body.destroy();
});

import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { crc32 } from '../../../../../../electron/services/content/crc32.ts';
import {
  ONE_REQUEST_MAX_BYTES,
  planRanges,
  ReceivedRanges,
} from '../../../../../../electron/services/transfers/download/ranges.ts';
import { MIB } from '../../../../../../shared/units.ts';

const TIB = 1024 ** 4;

it('are one up to 8 MiB, and never more than 10,000', () => {
  expect(planRanges(ONE_REQUEST_MAX_BYTES)).toMatchObject({ count: 1 });
  expect(planRanges(ONE_REQUEST_MAX_BYTES + 1)).toEqual({ size: 8 * MIB + 1, rangeSize: 2 * MIB, count: 5 });
  expect(planRanges(300 * MIB)).toMatchObject({ rangeSize: 8 * MIB, count: 38 });
  expect(planRanges(5 * TIB).count).toBeLessThanOrEqual(10_000);
  expect(planRanges(5 * TIB, true).count).toBe(1);
  expect(planRanges(0)).toMatchObject({ count: 1 });
});

it('of any size cover every byte once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 * TIB }), (size) => {
      const received = ReceivedRanges.none(planRanges(size));
      let end = 0;
      for (let index = 0; index < received.plan.count; index++) {
        const rest = received.restOf(index);
        expect(rest.start).toBe(end);
        ({ end } = rest);
      }
      expect(end).toBe(size);
    }),
    { numRuns: 50 },
  );
});

const PLAN = { size: 1000, rangeSize: 64, count: 16 };

/** Bytes that arrived of each range. */
const lengths = fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 16, maxLength: 16 });

function receivedOf(content: Buffer, found: readonly number[]): ReceivedRanges {
  const received = ReceivedRanges.none(PLAN);
  for (const [index, length] of found.entries()) {
    const { start, end } = received.restOf(index);
    received.add(index, content.subarray(start, Math.min(end, start + length)));
  }
  return received;
}

it('are noted and found again, but never beyond the end of the file', () => {
  const content = randomBytes(PLAN.size);
  fc.assert(
    fc.property(lengths, fc.integer({ min: 0, max: PLAN.size }), (found, fileSize) => {
      const before = receivedOf(content, found);
      const after = ReceivedRanges.fromNote(PLAN.size, before.note(), PLAN.size);
      expect(after.total).toBe(before.total);
      expect(after.missing()).toEqual(before.missing());
      const cut = ReceivedRanges.fromNote(PLAN.size, before.note(), fileSize);
      for (let index = 0; index < PLAN.count; index++) {
        const { start } = cut.restOf(index);
        const first = index * PLAN.rangeSize;
        expect(start).toBeLessThanOrEqual(Math.max(first, Math.min(fileSize, before.restOf(index).start)));
      }
    }),
  );
});

it('of a note with more of them than there can be are none', () => {
  const received = ReceivedRanges.fromNote(5 * TIB, { rangeSize: 1, whole: '/////w==', begun: [] }, 5 * TIB);
  expect(received.total).toBe(0);
  expect(received.plan).toEqual(planRanges(5 * TIB));
});

it('of a damaged note are within the object', () => {
  const note = fc.record({
    rangeSize: fc.integer({ min: 1, max: 2000 }),
    whole: fc.base64String({ maxLength: 64 }),
    begun: fc.array(fc.tuple(fc.nat(3000), fc.nat(3000)), { maxLength: 20 }),
  });
  fc.assert(
    fc.property(note, (text) => {
      const received = ReceivedRanges.fromNote(PLAN.size, text, PLAN.size);
      expect(received.total).toBeLessThanOrEqual(PLAN.size);
      expect(received.isWhole).toBe(received.missing().length === 0);
    }),
  );
});

it('have the CRC-32 of the whole, and only what an earlier process wrote is read for it', async () => {
  const content = randomBytes(PLAN.size);
  await fc.assert(
    fc.asyncProperty(lengths, async (found) => {
      const received = ReceivedRanges.fromNote(PLAN.size, receivedOf(content, found).note(), PLAN.size);
      for (const index of received.missing()) {
        const { start, end } = received.restOf(index);
        received.add(index, content.subarray(start, end));
      }
      let read = 0;
      const crcs = await received.crc32OfParts(PLAN.size, ({ start, end }) => {
        read += 1;
        return Promise.resolve(crc32(content.subarray(start, end)));
      });
      expect(crcs).toEqual([crc32(content)]);
      expect(read).toBe(found.filter((length) => length > 0).length);
    }),
  );
});

it('have the CRC-32 of parts that end where ranges do, and of no others', async () => {
  const content = randomBytes(PLAN.size);
  const received = receivedOf(
    content,
    Array.from({ length: PLAN.count }, (_, index) => Math.min(64, PLAN.size - index * 64)),
  );
  const unread = () => Promise.reject(new Error('nothing has to be read'));
  for (const partSize of [64, 128, 192, 960, 1000, 5000]) {
    const parts = Array.from({ length: Math.ceil(PLAN.size / partSize) }, (_, index) =>
      crc32(content.subarray(index * partSize, (index + 1) * partSize)),
    );
    expect(await received.crc32OfParts(partSize, unread), `${partSize}`).toEqual(parts);
  }
  for (const partSize of [1, 63, 65, 999]) expect(await received.crc32OfParts(partSize, unread)).toBeUndefined();
  const empty = ReceivedRanges.none(planRanges(0));
  expect(await empty.crc32OfParts(1, unread)).toEqual([0]);
});

it('of a part that an earlier version wrote are those from its beginning', () => {
  const received = ReceivedRanges.fromStart(PLAN, 200);
  expect(received.total).toBe(200);
  expect(received.restOf(3)).toEqual({ start: 200, end: 256 });
  expect(received.missing()).toHaveLength(13);
});

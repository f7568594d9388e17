import { expect, it } from 'vitest';
import { uploadRecordSchema } from '../../../../../../electron/services/transfers/journal/uploadRecord.ts';
import {
  groupForSheets,
  isKeyTooLong,
  isStream,
  recordOf,
  streamFile,
} from '../../../../../../electron/services/transfers/queue/newRecords.ts';

const file = { path: '/a/b.mov', name: 'b.mov', size: 5, mtimeMs: 1.5, ctimeMs: 1.5, inode: '7' };
const fresh = { id: '1', order: 3, key: 'x/b.mov', policy: 'ask' as const, createdAt: 9 };

it('a new record waits, and is one that the journal can read', () => {
  const record = recordOf(file, fresh);
  expect(uploadRecordSchema.parse(record)).toMatchObject({ ...fresh, wanted: 'x/b.mov', state: 'waiting', size: 5 });
  expect(isStream(record)).toBe(false);
  expect(isStream(recordOf(streamFile('s.bin'), fresh))).toBe(true);
});

it('a key may have 1,024 bytes of UTF-8', () => {
  expect([isKeyTooLong('a'.repeat(1024)), isKeyTooLong('a'.repeat(1025))]).toEqual([false, true]);
  expect([isKeyTooLong('é'.repeat(512)), isKeyTooLong(`${'é'.repeat(512)}a`)]).toEqual([false, true]);
});

it('large files have sheets of their own', () => {
  const [a, b, c, d] = [false, true, false, true].map((isLarge, id) => ({ id, isLarge }));
  if (!a || !b || !c || !d) throw new Error('unreachable');
  expect(groupForSheets([a, b, c, d])).toEqual([[a, c], [b], [d]]);
  expect(groupForSheets([b])).toEqual([[b]]);
  expect(groupForSheets([])).toEqual([]);
});

import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Journal } from '../../../../../../electron/services/transfers/journal/journal.ts';

/** Sheets that the journal of version 1 wrote itself, before its fields had the names of today. */
const RECORDED = join(import.meta.dirname, '../../../../../fixtures/journals/version-1');
const sheet = z.object({ version: z.number(), records: z.array(z.record(z.string(), z.unknown())) });

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-journal-'));
  await cp(RECORDED, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function sheets(of: string) {
  const names = await readdir(of);
  return Promise.all(names.map(async (name) => sheet.parse(JSON.parse(await readFile(join(of, name), 'utf8')))));
}

/** As version 1 had it, with the names of today. */
function renamed({ intent, unheard, toAbort, lost, ...record }: Record<string, unknown>) {
  return {
    ...record,
    ...(record['blockedFor'] === 'file-growing' && { blockedFor: 'file-settling' }),
    ...(intent !== undefined && { unconfirmedStart: intent }),
    ...(unheard !== undefined && { outcomeUnknown: unheard }),
    ...{ abandoned: toAbort, unconfirmedStarts: lost },
  };
}

describe('the journal of version 1', () => {
  it('is read without a loss: every record, every field, those of a later version too', async () => {
    const before = (await sheets(RECORDED)).flatMap(({ records }) => records);
    const { records, unread, setAside } = await new Journal(folder).load();
    expect({ unread, setAside }).toEqual({ unread: { uploads: 0, files: [] }, setAside: [] });
    expect(records).toHaveLength(13);
    const byOrder = (a: Record<string, unknown>, b: Record<string, unknown>) => Number(a['order']) - Number(b['order']);
    expect(records).toEqual(before.map(renamed).toSorted(byOrder));
  });

  it('has what the renamed fields are for', async () => {
    const { records } = await new Journal(folder).load();
    const known = (id: string) => records.find((record) => record.id === id);
    expect(known('unheard')?.outcomeUnknown).toBe(true);
    expect(known('asked')?.unconfirmedStart?.others).toEqual(['u-of-a-colleague']);
    expect(known('given-up')?.abandoned.map(({ uploadId }) => uploadId)).toEqual(['u-given-up']);
    expect(known('given-up')?.unconfirmedStarts).toHaveLength(1);
    expect(known('growing')?.blockedFor).toBe('file-settling');
    expect(known('begun')?.upload?.uploadId).toBe('u-begun');
  });

  it('is written as version 2, and read again as it was', async () => {
    const journal = new Journal(folder);
    const { records } = await journal.load();
    for (const record of records) await journal.put(record);
    const written = await sheets(folder);
    expect(new Set(written.map(({ version }) => version))).toEqual(new Set([2]));
    const names = new Set(written.flatMap((one) => one.records.flatMap((record) => Object.keys(record))));
    for (const old of ['intent', 'unheard', 'toAbort', 'lost']) expect(names).not.toContain(old);
    expect((await new Journal(folder).load()).records).toEqual(records);
  });
});

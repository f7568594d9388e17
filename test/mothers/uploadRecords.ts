import type { UploadRecord } from '../../electron/services/transfers/journal/uploadRecord.ts';

/** A waiting upload of 10 bytes as it stands in the journal, but for the patch. Its order is the number in its id. */
export function anUploadRecord(id: string, patch: Partial<UploadRecord> = {}): UploadRecord {
  return {
    ...{ id, order: Number(id.replace(/\D/g, '') || 0), path: `/media/${id}`, size: 10, mtimeMs: 1.5 },
    ...{ inode: '18446744073709551615', key: `k/${id}`, wanted: `k/${id}`, policy: 'keep-both', state: 'waiting' },
    ...{ createdAt: 1, confirmed: 0, abandoned: [], unconfirmedStarts: [] },
    ...patch,
  };
}

import type { Receipt } from './transferRecord.ts';
import type { PresentObject } from './uploadCalls.ts';

export interface Arrival {
  bucket: string;
  /** The whole key. */
  key: string;
  object: PresentObject;
  parts: number;
  /** The file's path, `-` for a stream. */
  from: string;
  verifiedBy: Receipt['verifiedBy'];
  /** Milliseconds since the epoch. */
  at: number;
}

/** The proof of an upload, made to be exported as JSON. */
export function receiptOf({ bucket, key, object, parts, from, verifiedBy, at }: Arrival): Receipt {
  return {
    bucket,
    key,
    size: object.size,
    ...(object.crc32 !== undefined && { crc32: object.crc32 }),
    etag: object.etag,
    ...(object.versionId !== undefined && { versionId: object.versionId }),
    parts,
    completedAt: new Date(at).toISOString(),
    from,
    verifiedBy,
  };
}

import type { RemoteObject } from '../http/objectInfo.ts';
import type { Receipt } from '../journal/uploadRecord.ts';

export interface ProvedUpload {
  bucket: string;
  /** The whole key. */
  key: string;
  object: RemoteObject;
  /** Bytes that were sent and that the object is proved to have. */
  size: number;
  /** Of the whole file as sent; base64. */
  crc32: string;
  parts: number;
  /** The file's path, `-` for a stream. */
  from: string;
  verifiedBy: Receipt['verifiedBy'];
  /** Milliseconds since the epoch. */
  at: number;
}

/** Receipts as a file for people and programs. */
export function receiptsText(receipts: readonly Receipt[]): string {
  return `${JSON.stringify(receipts, undefined, 2)}\n`;
}

/** The receipt of an upload, in its exported form. */
export function receiptOf({ bucket, key, object, size, crc32, parts, from, verifiedBy, at }: ProvedUpload): Receipt {
  return {
    bucket,
    key,
    size,
    crc32,
    ...(object.crc32 !== undefined && { checksumKind: 'FULL_OBJECT' as const }),
    ...(object.composite !== undefined && { checksumKind: 'COMPOSITE' as const, compositeCrc32: object.composite }),
    etag: object.etag,
    ...(object.versionId !== undefined && { versionId: object.versionId }),
    parts,
    completedAt: new Date(at).toISOString(),
    from,
    verifiedBy,
  };
}

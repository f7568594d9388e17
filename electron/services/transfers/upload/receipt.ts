import type { RemoteObject } from '../http/objectInfo.ts';
import type { Receipt } from '../journal/uploadRecord.ts';

export interface Arrival {
  bucket: string;
  /** The whole key. */
  key: string;
  object: RemoteObject;
  /** Bytes that were sent, which the object was proved to have. */
  size: number;
  /** Of the whole file, as it was sent; base64. */
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

/** The proof of an upload, made to be exported as JSON. */
export function receiptOf({ bucket, key, object, size, crc32, parts, from, verifiedBy, at }: Arrival): Receipt {
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

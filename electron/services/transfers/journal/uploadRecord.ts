import { z } from 'zod';
import { type ErrorCode, ERRORS } from '../../../../shared/errors.ts';
import { BLOCKED_FOR, CONFLICT_ANSWERS, SKIPPED_FOR, TRANSFER_STATES } from '../../../../shared/transfers.ts';
import { CHECKSUM_KINDS } from '../../content/checksumKind.ts';

/** What to do when an object with other content has the key. The same content is never uploaded twice. */
const CONFLICT_POLICIES = ['ask', ...CONFLICT_ANSWERS] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/** An object whose unknown fields, of a later version, are preserved. */
function withUnknown<Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<z.infer<z.ZodObject<Shape>>> {
  // The type has the known fields only, so that no code touches others.
  return z.looseObject(shape);
}

/** Proof of an upload, exported as it is. */
const receiptShape = {
  bucket: z.string(),
  /** The whole key, prefix included. */
  key: z.string(),
  size: z.number(),
  /** CRC-32 of the whole object, base64. */
  crc32: z.string().optional(),
  /** What the storage's CRC-32 covers; absent where it stores none, and in receipts of earlier versions. */
  checksumKind: z.enum(CHECKSUM_KINDS).optional(),
  /** The composite as the storage returns it: base64, a dash, the number of parts. Only with that kind. */
  compositeCrc32: z.string().optional(),
  etag: z.string(),
  versionId: z.string().optional(),
  parts: z.number(),
  /** ISO 8601, on this machine's clock. */
  completedAt: z.string(),
  /** The file's path on this machine, `-` for a stream. */
  from: z.string(),
  /** What proved the bytes: a HEAD request afterwards, or the answer to the last request alone. */
  verifiedBy: z.enum(['head', 'answer']),
};
export const receiptSchema = withUnknown(receiptShape);
export type Receipt = z.infer<typeof receiptSchema>;

/** Path of a stream. */
export const STREAM_PATH = '-';

const uploadRefSchema = withUnknown({
  /** Storage of the bucket, as objectPlace.ts identifies it; absent in records of earlier versions. */
  endpoint: z.string().optional(),
  bucket: z.string(),
  wholeKey: z.string(),
  uploadId: z.string(),
  /**
   * Kind that it was begun with and has to be completed with. Absent: `FULL_OBJECT`, the only one in earlier versions.
   */
  checksumKind: z.enum(CHECKSUM_KINDS).optional(),
});
/** One multipart upload in the storage. */
export type UploadRef = z.infer<typeof uploadRefSchema>;

const unconfirmedStartSchema = withUnknown({
  endpoint: z.string().optional(),
  bucket: z.string(),
  wholeKey: z.string(),
  at: z.number(),
  /** Ids of earlier uploads of the same key, which belong to others. Absent where listing is not permitted. */
  others: z.array(z.string()).optional(),
});
/** A multipart upload whose start was requested and not confirmed: it may exist. */
export type UnconfirmedStart = z.infer<typeof unconfirmedStartSchema>;

const errorCodes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** One upload in the journal. Sizes in bytes, times in milliseconds since the epoch. */
export const uploadRecordSchema = withUnknown({
  id: z.string().min(1).max(100),
  /** Order in the queue; smaller goes first. A fraction after a move. */
  order: z.number(),
  path: z.string().min(1),
  /** The chosen folder that contains the file; absent when the file itself was chosen. */
  root: z.string().min(1).optional(),
  size: z.number(),
  mtimeMs: z.number(),
  inode: z.string(),
  /** Relative to the storage's prefix; differs from `wanted` after a conflict. */
  key: z.string().min(1),
  wanted: z.string().min(1),
  policy: z.enum(CONFLICT_POLICIES),
  state: z.enum(TRANSFER_STATES),
  blockedFor: z.enum(BLOCKED_FOR).optional(),
  /** Of a conflict: it is not known whether the object has the file's content. */
  contentUnknown: z.literal(true).optional(),
  skippedFor: z.enum(SKIPPED_FOR).optional(),
  error: withUnknown({
    // An unknown code of a later version; its sentence still describes the error.
    code: z.enum(errorCodes).catch('internal'),
    message: z.string(),
    retryable: z.boolean(),
    detail: z.string().optional(),
  }).optional(),
  createdAt: z.number(),
  finishedAt: z.number().optional(),
  /** Confirmed bytes as of the last write; listed again when the upload goes on. */
  confirmed: z.number(),
  /** Set before the start of a multipart upload is requested, cleared when its id is known. On the storage's clock. */
  unconfirmedStart: unconfirmedStartSchema.optional(),
  upload: uploadRefSchema.optional(),
  partSize: z.number().optional(),
  /** Set before completion is requested; distinguishes a lost answer from a lost upload. */
  completing: withUnknown({
    crc32: z.string(),
    composite: z.string().optional(),
    /** Expected ETag; only where the storage returns no checksums. */
    etag: z.string().optional(),
    parts: z.number(),
  }).optional(),
  /** Sent in one request without an answer: the object may exist. */
  outcomeUnknown: z.literal(true).optional(),
  /** Abandoned multipart uploads that are not proved gone. */
  abandoned: z.array(uploadRefSchema),
  /** Abandoned starts whose uploads may exist. */
  unconfirmedStarts: z.array(unconfirmedStartSchema),
  receipt: receiptSchema.optional(),
});
export type UploadRecord = z.infer<typeof uploadRecordSchema>;

/** Version of a sheet with the field names above. */
export const RECORD_VERSION = 2;

/** Field names of version 1, with their present names. */
const NAMES_OF_VERSION_1: ReadonlyMap<string, string> = new Map([
  ['intent', 'unconfirmedStart'],
  ['unheard', 'outcomeUnknown'],
  ['toAbort', 'abandoned'],
  ['lost', 'unconfirmedStarts'],
]);

/** Gives a record of an earlier version the present names; other fields are preserved. */
export function upgradeRecord(record: unknown, version: number): unknown {
  if (version >= RECORD_VERSION || typeof record !== 'object' || record === null) return record;
  const fields = Object.entries(record).map(([name, value]: [string, unknown]) => [
    NAMES_OF_VERSION_1.get(name) ?? name,
    name === 'blockedFor' && value === 'file-growing' ? 'file-settling' : value,
  ]);
  return Object.fromEntries(fields);
}

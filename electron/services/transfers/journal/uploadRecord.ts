import { z } from 'zod';
import { type ErrorCode, ERRORS } from '../../../../shared/errors.ts';
import { BLOCKED_FOR, CONFLICT_ANSWERS, SKIPPED_FOR, TRANSFER_STATES } from '../../../../shared/transfers.ts';
import { CHECKSUM_KINDS } from '../../content/checksumKind.ts';

/** What to do when the name is there already, with other content. The same content is never sent twice. */
const CONFLICT_POLICIES = ['ask', ...CONFLICT_ANSWERS] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/** An object whose further fields, of a later version, are kept as they are and written back. */
function withUnknown<Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<z.infer<z.ZodObject<Shape>>> {
  // The type has the known fields only: nothing else is to be touched.
  return z.looseObject(shape);
}

/** What an upload leaves behind as proof; made to be exported as it is. */
const receiptShape = {
  bucket: z.string(),
  /** The whole key, prefix included. */
  key: z.string(),
  size: z.number(),
  /** CRC-32 of the whole object, base64. */
  crc32: z.string().optional(),
  /** What the storage's own CRC-32 is made of; absent where it keeps none, and in receipts of earlier versions. */
  checksumKind: z.enum(CHECKSUM_KINDS).optional(),
  /** As the storage keeps it, for whoever asks there: base64, a dash, the number of parts. Only of that kind. */
  compositeCrc32: z.string().optional(),
  etag: z.string(),
  versionId: z.string().optional(),
  parts: z.number(),
  /** ISO 8601, on this machine's clock. */
  completedAt: z.string(),
  /** The file's path on this machine, `-` for a stream. */
  from: z.string(),
  /** Who says that the bytes are whole: a question afterwards, or the storage's answer to the last request alone. */
  verifiedBy: z.enum(['head', 'answer']),
};
export const receiptSchema = withUnknown(receiptShape);
export type Receipt = z.infer<typeof receiptSchema>;

/** Where a stream's path would be. */
export const STREAM_PATH = '-';

const uploadRefSchema = withUnknown({
  /** As uploadPlace.ts names who keeps the bucket; absent in notes of earlier versions. */
  endpoint: z.string().optional(),
  bucket: z.string(),
  wholeKey: z.string(),
  uploadId: z.string(),
  /** What it was begun with, and so has to be completed with. Absent: `FULL_OBJECT`, as it always was once. */
  checksumKind: z.enum(CHECKSUM_KINDS).optional(),
});
/** One multipart upload in the storage. */
export type UploadRef = z.infer<typeof uploadRefSchema>;

const unconfirmedStartSchema = withUnknown({
  endpoint: z.string().optional(),
  bucket: z.string(),
  wholeKey: z.string(),
  at: z.number(),
  /** Ids of uploads of the same key that were there before: somebody else's. Absent where looking is not permitted. */
  others: z.array(z.string()).optional(),
});
/** A multipart upload that may have begun: it was asked for, and nobody knows of an answer. */
export type UnconfirmedStart = z.infer<typeof unconfirmedStartSchema>;

const errorCodes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** One transfer as the journal keeps it. Sizes in bytes, times in milliseconds since the epoch. */
export const uploadRecordSchema = withUnknown({
  id: z.string().min(1).max(100),
  /** The place in the queue; smaller goes first. Not whole after a transfer was moved. */
  order: z.number(),
  path: z.string().min(1),
  /** The chosen folder that it was found in; absent: it was chosen itself. */
  root: z.string().min(1).optional(),
  size: z.number(),
  mtimeMs: z.number(),
  inode: z.string(),
  /** Relative to the storage's prefix; another one than `wanted` after a conflict. */
  key: z.string().min(1),
  wanted: z.string().min(1),
  policy: z.enum(CONFLICT_POLICIES),
  state: z.enum(TRANSFER_STATES),
  blockedFor: z.enum(BLOCKED_FOR).optional(),
  skippedFor: z.enum(SKIPPED_FOR).optional(),
  error: withUnknown({
    // One of a later version: its sentence still says what happened.
    code: z.enum(errorCodes).catch('internal'),
    message: z.string(),
    retryable: z.boolean(),
    detail: z.string().optional(),
  }).optional(),
  createdAt: z.number(),
  finishedAt: z.number().optional(),
  /** What the storage has for certain, as of the last note; asked again when the transfer goes on. */
  confirmed: z.number(),
  /** Set before a multipart upload is asked for, cleared with its id. On the storage's clock. */
  unconfirmedStart: unconfirmedStartSchema.optional(),
  upload: uploadRefSchema.optional(),
  partSize: z.number().optional(),
  /** Set before the upload is completed: by it a lost answer is told from a lost upload. */
  completing: withUnknown({
    crc32: z.string(),
    composite: z.string().optional(),
    /** As arrival.ts calculates it; only where the storage says no checksums. */
    etag: z.string().optional(),
    parts: z.number(),
  }).optional(),
  /** Sent whole or in part in one request, of which nobody heard how it ended: the object may be there. */
  outcomeUnknown: z.literal(true).optional(),
  /** Multipart uploads given up that are not proved gone yet. */
  abandoned: z.array(uploadRefSchema),
  /** Asked for, given up, and perhaps there. */
  unconfirmedStarts: z.array(unconfirmedStartSchema),
  receipt: receiptSchema.optional(),
});
export type UploadRecord = z.infer<typeof uploadRecordSchema>;

/** The version of a sheet whose records have the names above. */
export const RECORD_VERSION = 2;

/** Names of version 1, by those of today. */
const NAMES_OF_VERSION_1: ReadonlyMap<string, string> = new Map([
  ['intent', 'unconfirmedStart'],
  ['unheard', 'outcomeUnknown'],
  ['toAbort', 'abandoned'],
  ['lost', 'unconfirmedStarts'],
]);

/**
 * A record of an earlier version with the names of today; what else it has stays as it is.
 *
 * @param version of its sheet.
 */
export function upgradeRecord(record: unknown, version: number): unknown {
  if (version >= RECORD_VERSION || typeof record !== 'object' || record === null) return record;
  const fields = Object.entries(record).map(([name, value]: [string, unknown]) => [
    NAMES_OF_VERSION_1.get(name) ?? name,
    name === 'blockedFor' && value === 'file-growing' ? 'file-settling' : value,
  ]);
  return Object.fromEntries(fields);
}

import { z } from 'zod';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

const checksumSchema = z.object({
  algorithm: z.enum(CHECKSUM_ALGORITHMS),
  /** Base64, as in the x-amz-checksum-* headers; composite ones end in `-N`. */
  value: z.string(),
  type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
});
export type Checksum = z.infer<typeof checksumSchema>;

/** A file in the bucket's folder: the whole of an object that was put in one request, or one part of it. */
const pieceSchema = z.object({
  /** The name of the file in the bucket's folder. */
  file: z.string(),
  size: z.number(),
  checksum: z.exactOptional(checksumSchema),
});
export type Piece = z.infer<typeof pieceSchema>;

const deliverySchema = z.object({
  status: z.enum(['PENDING', 'COMPLETED', 'FAILED']),
  /** Milliseconds since the epoch, on this machine's clock; absent: nothing will happen by itself. */
  dueAt: z.exactOptional(z.number()),
  fails: z.exactOptional(z.boolean()),
});
/** How far the replication of one version to one destination is. */
export type Delivery = z.infer<typeof deliverySchema>;

const replicationStatusSchema = z.enum(['PENDING', 'COMPLETED', 'FAILED', 'REPLICA']);
export type ReplicationStatus = z.infer<typeof replicationStatusSchema>;

export const versionSchema = z.object({
  key: z.string(),
  versionId: z.string(),
  isDeleteMarker: z.boolean(),
  /** In the order of the object's bytes. */
  pieces: z.array(pieceSchema),
  size: z.number(),
  /** Without quotes. */
  etag: z.string(),
  /** Milliseconds since the epoch, whole seconds, on the region's clock. */
  lastModified: z.number(),
  /** Which of a key's versions is the newest; a multipart object takes its place when it is begun. */
  order: z.number(),
  /** Content-Type, x-amz-meta-* and the like, as they are given back. */
  headers: z.record(z.string(), z.string()),
  checksum: z.exactOptional(checksumSchema),
  replicationStatus: z.exactOptional(replicationStatusSchema),
  /** By the name of the destination. */
  deliveries: z.exactOptional(z.record(z.string(), deliverySchema)),
  /** For multipart objects only. */
  partCount: z.exactOptional(z.number()),
});
/** One version of one key. Its bytes never change: overwriting makes another version with other files. */
export type Version = z.infer<typeof versionSchema>;

export const partSchema = pieceSchema.extend({ number: z.number(), etag: z.string(), lastModified: z.number() });
export type Part = z.infer<typeof partSchema>;

export const uploadSchema = z.object({
  uploadId: z.string(),
  key: z.string(),
  initiated: z.number(),
  order: z.number(),
  headers: z.record(z.string(), z.string()),
  checksumAlgorithm: z.exactOptional(z.enum(CHECKSUM_ALGORITHMS)),
  checksumType: z.exactOptional(z.enum(['FULL_OBJECT', 'COMPOSITE'])),
});
export type MultipartUpload = z.infer<typeof uploadSchema> & { parts: Map<number, Part> };

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { notFound, noSuchUpload, S3Error } from './s3Error.ts';

export type ChecksumAlgorithm = 'CRC32' | 'CRC64NVME' | 'SHA256';

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** Base64, as in the x-amz-checksum-* headers; composite ones end in `-N`. */
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

export type ReplicationStatus = 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';

/** One version of one key. Its bytes never change: overwriting makes another version with another file. */
export interface Version {
  key: string;
  versionId: string;
  isDeleteMarker: boolean;
  file: string;
  size: number;
  /** Without quotes. */
  etag: string;
  /** Milliseconds since the epoch, whole seconds, on the region's clock. */
  lastModified: number;
  /** Content-Type, x-amz-meta-* and the like, as they are given back. */
  headers: Record<string, string>;
  checksum?: Checksum;
  replicationStatus?: ReplicationStatus;
  partCount?: number;
}

export interface Part {
  number: number;
  file: string;
  size: number;
  etag: string;
  lastModified: number;
  checksum?: Checksum;
}

export interface MultipartUpload {
  uploadId: string;
  key: string;
  initiated: number;
  headers: Record<string, string>;
  checksumAlgorithm?: ChecksumAlgorithm;
  checksumType?: Checksum['type'];
  parts: Map<number, Part>;
}

/** One bucket: an index in memory, the bytes on disk. Versioning is on, as replication requires. */
export class Bucket {
  readonly name: string;
  readonly folder: string;
  readonly uploads = new Map<string, MultipartUpload>();
  readonly #versions = new Map<string, Version[]>();

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  async prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
  }

  newFile(): string {
    return join(this.folder, randomUUID());
  }

  /** Makes this the current version. */
  add(version: Version): void {
    this.#versions.set(version.key, [version, ...this.versionsOf(version.key)]);
  }

  /** Newest first. */
  versionsOf(key: string): Version[] {
    return this.#versions.get(key) ?? [];
  }

  /** The current version, if it is no delete marker. */
  current(key: string): Version | undefined {
    const [newest] = this.versionsOf(key);
    return newest?.isDeleteMarker ? undefined : newest;
  }

  /** @throws S3Error NoSuchKey or NoSuchVersion. */
  find(key: string, versionId: string | null): Version {
    if (versionId === null) {
      const version = this.current(key);
      if (!version) throw notFound(key);
      return version;
    }
    const version = this.versionsOf(key).find((candidate) => candidate.versionId === versionId);
    if (!version) throw new S3Error('NoSuchVersion', 404, 'The specified version does not exist.');
    if (version.isDeleteMarker) throw new S3Error('MethodNotAllowed', 405, 'A delete marker has no content.');
    return version;
  }

  removeVersion(key: string, versionId: string): void {
    const left = this.versionsOf(key).filter((version) => version.versionId !== versionId);
    if (left.length > 0) this.#versions.set(key, left);
    else this.#versions.delete(key);
  }

  /** Every key that has any version, in the order of UTF-8 bytes, as S3 lists them. */
  keys(): string[] {
    return [...this.#versions.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** @throws S3Error NoSuchUpload. */
  upload(uploadId: string, key: string): MultipartUpload {
    const upload = this.uploads.get(uploadId);
    if (upload?.key !== key) throw noSuchUpload();
    return upload;
  }
}

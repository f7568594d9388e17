import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListPartsCommand,
  type ListPartsCommandOutput,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { NearplayError } from '../../../../shared/errors.ts';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import type { ChecksumKind } from '../../content/checksumKind.ts';
import { parseChecksum } from '../../content/checksumText.ts';
import { type StoredChecksum, storedChecksumOf } from '../../content/compositeCrc32.ts';
import { looksLikeEtag, provesEmpty } from '../../content/contentVerdict.ts';
import { httpStatusOf } from '../../runtime/errorFacts.ts';
import { confirmedCause } from '../../storage/confirmedCause.ts';
import { decodedName } from '../../storage/listedNames.ts';
import { assertListing, listingPages, nextMarker, SamePage } from '../../storage/listingPages.ts';
import { isIn, type UploadPlace, uploadPlaceOf } from '../../storage/objectPlace.ts';
import { explainS3Error } from '../../storage/s3Errors.ts';
import { shownKey } from '../../storage/storageKeys.ts';
import type { Condition, ProbeWrite } from '../../storage/writeConditions.ts';
import type { UploadRef } from '../journal/uploadRecord.ts';
import type { Body, GuardedRequests } from './guardedRequests.ts';
import { type RemoteObject, remoteObjectOf } from './objectInfo.ts';

/** S3 User Guide, "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000;
/** Multipart uploads of one key: far more than occur, and few enough for memory. */
const MAX_UPLOADS = 10_000;

/** Headers of a new object. */
export interface ObjectDescription {
  contentType: string;
  metadata: Readonly<Record<string, string>>;
}

export interface StoredPart {
  number: number;
  size: number;
  etag: string;
  /** Base64; absent when the storage has none. */
  crc32?: string;
}

/** A part whose upload the storage has answered. */
export interface ConfirmedPart extends StoredPart {
  crc32: string;
  /** The answer had the part's checksum. */
  isProved: boolean;
}

/** The first part of an object; all parts but the last have its size. */
export interface ObjectPart {
  /** Bytes; absent when the storage does not return them. */
  size?: number;
  /** Of the whole object. */
  etag: string;
  /** Parts of the object; absent where it was not made of parts. */
  count?: number;
}

export interface StoredUpload extends UploadRef {
  /** Milliseconds since the epoch, on the storage's clock, whole seconds. */
  initiated: number;
}

/** Start of a page of multipart uploads. */
interface UploadsMarker {
  KeyMarker: string;
  UploadIdMarker?: string;
}

export interface Completion {
  parts: readonly StoredPart[];
  size: number;
  /** Base64, of the whole object. */
  crc32: string;
  /** Writes only if no object has the key. */
  onlyIfFree: boolean;
}

export interface Completed extends StoredChecksum {
  etag: string;
  versionId?: string;
}

export interface S3UploadApiOptions {
  /** Makes one attempt; callers retry. */
  client: S3Client;
  configuration: StorageConfiguration;
  /** Of new multipart uploads. */
  checksumKind: ChecksumKind;
  requests: GuardedRequests;
  /** Milliseconds. CompleteMultipartUpload "can take several minutes to complete" (S3 API Reference). */
  completeTimeout: number;
}

/**
 * S3 requests of an upload: one attempt each, with a time-out and an explained error. Keys are whole ones, prefix
 * included. All throw NearplayError: `cancelled` when the signal is aborted, `no-such-upload` when the upload is gone.
 */
export class S3UploadApi {
  readonly client: S3Client;
  readonly requests: GuardedRequests;
  readonly bucket: string;
  /** Storage of the uploads begun here. */
  readonly place: Required<UploadPlace>;
  readonly checksumKind: ChecksumKind;
  readonly #configuration: StorageConfiguration;
  readonly #completeTimeout: number;

  constructor({ client, configuration, checksumKind, requests, completeTimeout }: S3UploadApiOptions) {
    this.client = client;
    this.requests = requests;
    this.checksumKind = checksumKind;
    this.bucket = configuration.bucket;
    this.place = uploadPlaceOf(configuration);
    this.#configuration = configuration;
    this.#completeTimeout = completeTimeout;
  }

  /** Begins a multipart upload with CRC-32 checksums. */
  async create(wholeKey: string, description: ObjectDescription, signal: AbortSignal): Promise<UploadRef> {
    const command = new CreateMultipartUploadCommand({
      Bucket: this.bucket,
      Key: wholeKey,
      ContentType: description.contentType,
      Metadata: { ...description.metadata },
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: this.checksumKind,
    });
    const { UploadId: uploadId } = await this.withExplainedErrors('s3:PutObject', wholeKey, () =>
      this.requests.request(signal, (options) => this.client.send(command, options)),
    );
    // An answer without an id is not from an S3 storage.
    if (uploadId === undefined || uploadId === '') throw new NearplayError('not-a-storage');
    return { ...this.place, wholeKey, uploadId, checksumKind: this.checksumKind };
  }

  /** All stored parts. @throws NearplayError storage-failed (SamePage) when the listing does not end */
  async listParts(upload: UploadRef, signal: AbortSignal): Promise<StoredPart[]> {
    const pages = listingPages({
      ask: (marker: string | undefined) => this.#partsFrom(upload, marker, signal),
      next: ({ IsTruncated, NextPartNumberMarker }) => nextMarker(IsTruncated, NextPartNumberMarker),
      last: (page) => page.Parts?.at(-1)?.PartNumber?.toString(),
    });
    const parts = new Map<number, StoredPart>();
    for await (const page of pages) {
      for (const { PartNumber: number, Size: size, ETag: etag, ChecksumCRC32: stored } of page.Parts ?? []) {
        const crc32 = parseChecksum('CRC32', stored)?.digest;
        if (number === undefined || size === undefined || etag === undefined) continue;
        parts.set(number, { number, size, etag, ...(crc32 !== undefined && { crc32 }) });
      }
      if (parts.size > MAX_PARTS) throw new SamePage();
    }
    return [...parts.values()];
  }

  async #partsFrom(
    upload: UploadRef,
    marker: string | undefined,
    signal: AbortSignal,
  ): Promise<ListPartsCommandOutput> {
    const command = new ListPartsCommand({
      ...paramsOf(upload),
      ...(marker !== undefined && { PartNumberMarker: marker }),
    });
    const page = await this.withExplainedErrors('s3:ListMultipartUploadParts', upload.wholeKey, () =>
      this.requests.request(signal, (options) => this.client.send(command, options)),
    );
    // ListParts repeats its parameters (S3 API Reference); any other answer would pass for an upload without parts.
    const isOther = page.UploadId === undefined ? page.Parts === undefined : page.UploadId !== upload.uploadId;
    if (isOther) throw new NearplayError('not-a-storage');
    return page;
  }

  /**
   * Uploads one part.
   *
   * @param part.crc32 base64; the storage refuses a part with another one (`damaged`).
   */
  async uploadPart(
    upload: UploadRef,
    part: { number: number; length: number; crc32: string },
    body: Body,
    signal: AbortSignal,
  ): Promise<ConfirmedPart> {
    const { number, length, crc32 } = part;
    const answer = await this.withExplainedErrors('s3:PutObject', upload.wholeKey, () =>
      this.requests.sendBody(signal, body, (readable, options) => {
        const input = { ...paramsOf(upload), PartNumber: number, ContentLength: length, ChecksumCRC32: crc32 };
        return this.client.send(new UploadPartCommand({ ...input, Body: readable }), options);
      }),
    );
    return { number, size: length, ...confirmedPart(answer, crc32) };
  }

  /**
   * Completes a multipart upload; with `onlyIfFree` only if no object has the key (`conflict`). The storage compares
   * the checksum of the whole or, for composite ones, of each part: no value is defined to be sent for the composite
   * (S3 API Reference, CompleteMultipartUpload: the header is the checksum "of the object").
   */
  async complete(upload: UploadRef, completion: Completion, signal: AbortSignal): Promise<Completed> {
    const { parts, size, crc32, onlyIfFree } = completion;
    const { checksumKind = 'FULL_OBJECT' } = upload;
    const command = new CompleteMultipartUploadCommand({
      ...paramsOf(upload),
      MultipartUpload: {
        Parts: parts.map((part) => ({
          PartNumber: part.number,
          ETag: part.etag,
          ...(part.crc32 !== undefined && { ChecksumCRC32: part.crc32 }),
        })),
      },
      ...(checksumKind === 'FULL_OBJECT' && { ChecksumCRC32: crc32 }),
      ChecksumType: checksumKind,
      MpuObjectSize: size,
      ...(onlyIfFree && { IfNoneMatch: '*' }),
    });
    const answer = await this.withExplainedErrors('s3:PutObject', upload.wholeKey, () =>
      this.requests.request(signal, (options) => this.client.send(command, options), this.#completeTimeout),
    );
    return {
      etag: answer.ETag ?? '',
      ...(answer.VersionId !== undefined && { versionId: answer.VersionId }),
      ...storedChecksumOf(answer),
    };
  }

  /** `null` when there is no such object. @param versionId default: the current version. */
  async head(wholeKey: string, signal: AbortSignal, versionId?: string): Promise<RemoteObject | null> {
    const version = versionId === undefined ? {} : { VersionId: versionId };
    const answer = await this.#headOrNull({ Key: wholeKey, ChecksumMode: 'ENABLED', ...version }, signal);
    return answer && remoteObjectOf(answer);
  }

  /** `null` when there is no such object. */
  async headPart(wholeKey: string, number: number, signal: AbortSignal): Promise<ObjectPart | null> {
    const answer = await this.#headOrNull({ Key: wholeKey, PartNumber: number }, signal);
    if (!answer) return null;
    const { ContentLength: size, ETag: etag = '', PartsCount: count } = answer;
    return { ...(size !== undefined && { size }), etag, ...(count !== undefined && { count }) };
  }

  async #headOrNull(
    input: Omit<HeadObjectCommandInput, 'Bucket' | 'Key'> & { Key: string },
    signal: AbortSignal,
  ): Promise<HeadObjectCommandOutput | null> {
    const command = new HeadObjectCommand({ Bucket: this.bucket, ...input });
    try {
      return await this.withExplainedErrors('s3:GetObject', input.Key, () =>
        this.requests.request(signal, (options) => this.client.send(command, options)),
      );
    } catch (error) {
      if (!(error instanceof NearplayError)) throw error;
      const confirmed = error.code === 'no-such-key' ? error : await this.#confirmed(error, input, signal);
      if (confirmed.code === 'no-such-key') return null;
      throw confirmed;
    }
  }

  /** HEAD gives no reason for a refusal; reading the first byte of the same object does. */
  async #confirmed(
    error: NearplayError,
    { Key, VersionId }: Pick<HeadObjectCommandInput, 'VersionId'> & { Key: string },
    signal: AbortSignal,
  ): Promise<NearplayError> {
    const object = { client: this.client, bucket: this.bucket, wholeKey: Key, versionId: VersionId };
    const failed = { action: 's3:GetObject', storage: this.#configuration, key: shownKey(this.#configuration, Key) };
    return confirmedCause(error, object, failed, (ask) => this.requests.request(signal, ask));
  }

  /** Writes an empty object. */
  async putEmpty(wholeKey: string, condition: Condition, signal: AbortSignal): Promise<ProbeWrite> {
    const command = new PutObjectCommand({ Bucket: this.bucket, Key: wholeKey, Body: '', ...condition });
    // Without the key: the object is Nearplay's own, and its name says nothing to the one whose file waits for it.
    const answer = await this.withExplainedErrors('s3:PutObject', undefined, () =>
      this.requests.request(signal, (options) => this.client.send(command, options)),
    );
    return { versionId: answer.VersionId, isProved: provesEmpty(answer) };
  }

  /** Lists one key, to check that the storage answers. @param timeout milliseconds. */
  async listOne(prefix: string, timeout: number, signal: AbortSignal): Promise<void> {
    const command = new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, MaxKeys: 1 });
    const answer = await this.withExplainedErrors('s3:ListBucket', undefined, () =>
      this.requests.request(signal, (options) => this.client.send(command, options), timeout),
    );
    assertListing(answer);
  }

  async remove(wholeKey: string, versionId: string | undefined, signal: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: wholeKey, VersionId: versionId });
    await this.withExplainedErrors('s3:DeleteObject', wholeKey, () =>
      this.requests.request(signal, (options) => this.client.send(command, options)),
    );
  }

  async abort(upload: UploadRef, signal: AbortSignal): Promise<void> {
    await this.withExplainedErrors('s3:AbortMultipartUpload', upload.wholeKey, () =>
      this.requests.request(signal, (options) =>
        this.client.send(new AbortMultipartUploadCommand(paramsOf(upload)), options),
      ),
    );
  }

  /** Multipart uploads in progress of exactly this key. */
  async listUploads(wholeKey: string, signal: AbortSignal): Promise<StoredUpload[]> {
    const pages = listingPages({
      ask: (after: UploadsMarker | undefined) => this.#uploadsFrom(wholeKey, after, signal),
      next: ({ IsTruncated, NextKeyMarker, NextUploadIdMarker: id, EncodingType }): UploadsMarker | undefined => {
        const marker = nextMarker(IsTruncated, NextKeyMarker);
        const key = marker === undefined ? undefined : decodedName(marker, { EncodingType });
        return key === wholeKey ? { KeyMarker: key, ...(id !== undefined && { UploadIdMarker: id }) } : undefined;
      },
      last: (page) => page.Uploads?.at(-1)?.UploadId,
    });
    const uploads = new Map<string, StoredUpload>();
    for await (const page of pages) {
      for (const { Key: key, UploadId: uploadId, Initiated: initiated, ChecksumType: type } of page.Uploads ?? []) {
        if (key === undefined || decodedName(key, page) !== wholeKey) continue;
        if (uploadId === undefined || initiated === undefined) continue;
        const checksumKind = type ?? this.checksumKind;
        uploads.set(uploadId, { ...this.place, wholeKey, uploadId, checksumKind, initiated: initiated.getTime() });
      }
      if (uploads.size > MAX_UPLOADS) throw new SamePage();
    }
    return [...uploads.values()];
  }

  async #uploadsFrom(
    wholeKey: string,
    after: UploadsMarker | undefined,
    signal: AbortSignal,
  ): Promise<ListMultipartUploadsCommandOutput> {
    const command = new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: wholeKey, ...after });
    const page = await this.withExplainedErrors('s3:ListBucketMultipartUploads', wholeKey, () =>
      this.requests.request(signal, (options) => this.client.send(command, options)),
    );
    if (page.Bucket === undefined && page.IsTruncated === undefined) throw new NearplayError('not-a-storage');
    return page;
  }

  /** Whether this place is in the storage of these requests. */
  reach(place: UploadPlace): boolean {
    return isIn(place, this.#configuration);
  }

  /**
   * Explains errors of the SDK and of the network, with the key without the prefix.
   *
   * @param wholeKey absent: the request is about the bucket.
   * @throws NearplayError
   */
  async withExplainedErrors<Answer>(
    action: string,
    wholeKey: string | undefined,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await work();
    } catch (cause) {
      const named = wholeKey !== undefined && { key: shownKey(this.#configuration, wholeKey) };
      const error = explainS3Error(cause, { action, storage: this.#configuration, ...named });
      // 412: an object with the key exists. 409: another request is writing it now; a retry gets 412 or succeeds (S3
      // User Guide, "Conditional writes").
      const isTemporary = error.code === 'conflict' && httpStatusOf(cause) === 409;
      if (!isTemporary) throw error;
      const message = 'The storage did not write it: another request for the same name was in its way (409).';
      throw new NearplayError('storage-failed', message, { cause, detail: error.detail });
    }
  }
}

/**
 * Checks the answer to a part.
 *
 * @param crc32 of the sent part, base64.
 * @throws NearplayError damaged when the answer has another checksum; unproved when it has nothing like an ETag, as
 *   with a web page: the part is not confirmed then
 */
export function confirmedPart(
  { ETag: etag = '', ChecksumCRC32: value }: { ETag?: string | undefined; ChecksumCRC32?: string | undefined },
  crc32: string,
): Pick<ConfirmedPart, 'etag' | 'crc32' | 'isProved'> {
  const stored = parseChecksum('CRC32', value)?.digest;
  if (stored !== undefined && stored !== crc32) throw new NearplayError('damaged');
  if (!looksLikeEtag(etag)) throw new NearplayError('unproved', 'The storage did not say that it has taken a part.');
  return { etag, crc32, isProved: stored !== undefined };
}

function paramsOf({ bucket, wholeKey, uploadId }: UploadRef) {
  return { Bucket: bucket, Key: wholeKey, UploadId: uploadId };
}

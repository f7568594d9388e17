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
import { looksLikeEtag } from '../../content/contentVerdict.ts';
import { httpStatusOf } from '../../runtime/errorFacts.ts';
import { confirmedCause } from '../../storage/confirmedCause.ts';
import { decodedName } from '../../storage/listedNames.ts';
import { assertListing, listingPages, nextMarker, SamePage } from '../../storage/listingPages.ts';
import { isIn, type UploadPlace, uploadPlaceOf } from '../../storage/objectPlace.ts';
import { explainS3Error } from '../../storage/s3Errors.ts';
import { shownKey } from '../../storage/storageKeys.ts';
import type { Condition } from '../../storage/writeConditions.ts';
import type { UploadRef } from '../journal/uploadRecord.ts';
import type { Body, GuardedRequests } from './guardedRequests.ts';
import { type RemoteObject, remoteObjectOf } from './objectInfo.ts';

/** S3 User Guide, "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000;
/** Of one key in progress: far more than people begin, and no more than memory takes. */
const MAX_UPLOADS = 10_000;

/** What an object is sent with. */
export interface ObjectDescription {
  contentType: string;
  metadata: Readonly<Record<string, string>>;
}

export interface PresentPart {
  number: number;
  size: number;
  etag: string;
  /** Base64; absent where the storage keeps none. */
  crc32?: string;
}

/** A part that the storage says it has taken. */
export interface ConfirmedPart extends PresentPart {
  crc32: string;
  /** The answer had a checksum, and it is that of the part. */
  isProved: boolean;
}

/** The first part of an object, which all but the last are as large as. */
export interface FirstPart {
  /** Bytes; absent where the storage does not say. */
  size?: number;
  /** Of the whole object. */
  etag: string;
  /** Parts of the object; absent where it was not made of parts. */
  count?: number;
}

export interface PresentUpload extends UploadRef {
  /** Milliseconds since the epoch, on the storage's clock, whole seconds. */
  initiated: number;
}

/** Where a page of multipart uploads begins. */
interface UploadsMarker {
  KeyMarker: string;
  UploadIdMarker?: string;
}

export interface Completion {
  parts: readonly PresentPart[];
  size: number;
  /** Base64, of the whole object. */
  crc32: string;
  /** With the condition that no object has the name. */
  onlyIfFree: boolean;
}

export interface Completed extends StoredChecksum {
  etag: string;
  versionId?: string;
}

export interface S3UploadApiOptions {
  /** Of one attempt: whoever calls repeats. */
  client: S3Client;
  configuration: StorageConfiguration;
  /** Of the multipart uploads that are begun. */
  checksumKind: ChecksumKind;
  requests: GuardedRequests;
  /** Milliseconds. S3 API Reference, CompleteMultipartUpload: it "can take several minutes to complete". */
  completeTimeout: number;
}

/**
 * The S3 requests of an upload, each tried once, with a time-out, and with an error that says what happened. Keys are whole
 * ones, prefix included. All throw NearplayError: `cancelled` when the signal said so, `no-such-upload` where it is gone.
 */
export class S3UploadApi {
  readonly client: S3Client;
  readonly requests: GuardedRequests;
  readonly bucket: string;
  /** Of all that is begun here. */
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

  /** Begins a multipart upload whose checksum is CRC-32. */
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
    // Whatever answered does not know this request.
    if (uploadId === undefined || uploadId === '') throw new NearplayError('not-a-storage');
    return { ...this.place, wholeKey, uploadId, checksumKind: this.checksumKind };
  }

  /** Every part that is there. @throws NearplayError storage-failed (SamePage) where the listing does not end */
  async listParts(upload: UploadRef, signal: AbortSignal): Promise<PresentPart[]> {
    const pages = listingPages({
      ask: (marker: string | undefined) => this.#partsFrom(upload, marker, signal),
      next: ({ IsTruncated, NextPartNumberMarker }) => nextMarker(IsTruncated, NextPartNumberMarker),
      last: (page) => page.Parts?.at(-1)?.PartNumber?.toString(),
    });
    const parts = new Map<number, PresentPart>();
    for await (const page of pages) {
      for (const { PartNumber: number, Size: size, ETag: etag, ChecksumCRC32: kept } of page.Parts ?? []) {
        const crc32 = parseChecksum('CRC32', kept)?.digest;
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
    // It repeats what it was asked for (S3 API Reference, ListParts): anything else would pass for an upload without parts.
    const isOther = page.UploadId === undefined ? page.Parts === undefined : page.UploadId !== upload.uploadId;
    if (isOther) throw new NearplayError('not-a-storage');
    return page;
  }

  /** @param crc32 of the part, base64: the storage refuses a part that arrives otherwise (`damaged`). */
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
   * Makes the parts an object; with `onlyIfFree` where no object has the name (`conflict`). The storage compares the
   * checksum of the whole, or, for a composite one, that of each part: no value is defined to be sent for the parts' row
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
  async headFirstPart(wholeKey: string, signal: AbortSignal): Promise<FirstPart | null> {
    const answer = await this.#headOrNull({ Key: wholeKey, PartNumber: 1 }, signal);
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

  /** HEAD does not say why it was refused; the first byte of the same object does. */
  async #confirmed(
    error: NearplayError,
    { Key, VersionId }: Pick<HeadObjectCommandInput, 'VersionId'> & { Key: string },
    signal: AbortSignal,
  ): Promise<NearplayError> {
    const object = { client: this.client, bucket: this.bucket, wholeKey: Key, versionId: VersionId };
    const failed = { action: 's3:GetObject', storage: this.#configuration, key: shownKey(this.#configuration, Key) };
    return confirmedCause(error, object, failed, (ask) => this.requests.request(signal, ask));
  }

  /** An empty object; resolves to its version where the storage keeps any. */
  async putEmpty(wholeKey: string, condition: Condition, signal: AbortSignal): Promise<string | undefined> {
    const command = new PutObjectCommand({ Bucket: this.bucket, Key: wholeKey, Body: '', ...condition });
    const { VersionId: versionId } = await this.withExplainedErrors('s3:PutObject', wholeKey, () =>
      this.requests.request(signal, (options) => this.client.send(command, options)),
    );
    return versionId;
  }

  /** Whether the storage answers at all. @param timeout milliseconds. */
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

  /** The multipart uploads in progress of exactly this key. */
  async listUploads(wholeKey: string, signal: AbortSignal): Promise<PresentUpload[]> {
    const pages = listingPages({
      ask: (after: UploadsMarker | undefined) => this.#uploadsFrom(wholeKey, after, signal),
      next: ({ IsTruncated, NextKeyMarker, NextUploadIdMarker: id, EncodingType }): UploadsMarker | undefined => {
        const marker = nextMarker(IsTruncated, NextKeyMarker);
        const key = marker === undefined ? undefined : decodedName(marker, { EncodingType });
        return key === wholeKey ? { KeyMarker: key, ...(id !== undefined && { UploadIdMarker: id }) } : undefined;
      },
      last: (page) => page.Uploads?.at(-1)?.UploadId,
    });
    const uploads = new Map<string, PresentUpload>();
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

  /** Whether these requests reach what is there. */
  reach(place: UploadPlace): boolean {
    return isIn(place, this.#configuration);
  }

  /**
   * @param wholeKey absent: it is asked of the bucket.
   * @throws NearplayError that says what an error of the SDK or of the network means, of the key without the prefix.
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
      // 412 says that another one was there before; 409, that another one is writing now: ask again, and it will be 412
      // or free (S3 User Guide, "Conditional writes").
      const passes = error.code === 'conflict' && httpStatusOf(cause) === 409;
      if (!passes) throw error;
      const message = 'The storage did not write it: another request for the same name was in its way (409).';
      throw new NearplayError('storage-failed', message, { cause, detail: error.detail });
    }
  }
}

/**
 * What an answer to a part says, when it can be one.
 *
 * @param crc32 of the part that was sent, base64.
 * @throws NearplayError damaged when it has another checksum; unproved without anything like an ETag, which a page for people has
 *   not: the part is not confirmed then
 */
export function confirmedPart(
  { ETag: etag = '', ChecksumCRC32: value }: { ETag?: string | undefined; ChecksumCRC32?: string | undefined },
  crc32: string,
): Pick<ConfirmedPart, 'etag' | 'crc32' | 'isProved'> {
  const kept = parseChecksum('CRC32', value)?.digest;
  if (kept !== undefined && kept !== crc32) throw new NearplayError('damaged');
  if (!looksLikeEtag(etag)) throw new NearplayError('unproved', 'The storage did not say that it has taken a part.');
  return { etag, crc32, isProved: kept !== undefined };
}

function paramsOf({ bucket, wholeKey, uploadId }: UploadRef) {
  return { Bucket: bucket, Key: wholeKey, UploadId: uploadId };
}

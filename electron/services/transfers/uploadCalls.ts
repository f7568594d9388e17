import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { NearplayError } from '../../../shared/errors.ts';
import { confirmedCause } from '../confirmedCause.ts';
import { explainS3Error, httpStatusOf } from '../s3Errors.ts';
import type { ChecksumKind } from './checksumKind.ts';
import { keptChecksumOf, presentObjectOf, type KeptChecksum, type PresentObject } from './presentObject.ts';
import type { UploadRef } from './transferRecord.ts';
import type { Body, Wire } from './wire.ts';

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

/** The first part of an object, which all but the last are as large as. */
export interface FirstPart {
  size: number;
  /** Of the whole object. */
  etag: string;
  /** Parts of the object; absent where it was not made of parts. */
  count?: number;
}

export interface PresentUpload extends UploadRef {
  /** Milliseconds since the epoch, on the storage's clock, whole seconds. */
  initiated: number;
}

export interface Completion {
  parts: readonly PresentPart[];
  size: number;
  /** Base64, of the whole object. */
  crc32: string;
  replace: boolean;
}

export interface Completed extends KeptChecksum {
  etag: string;
  versionId?: string;
}

export interface UploadCallsOptions {
  /** Of one attempt: whoever calls repeats. */
  client: S3Client;
  configuration: StorageConfiguration;
  /** Of the multipart uploads that are begun. */
  checksumKind: ChecksumKind;
  wire: Wire;
  /** Milliseconds. S3 API Reference, CompleteMultipartUpload: it "can take several minutes to complete". */
  completeTimeout: number;
}

/**
 * The S3 requests of an upload, each tried once, with a time-out, and with an error that says what happened. Keys are whole
 * ones, prefix included. All throw NearplayError: `cancelled` when the signal said so, `no-such-upload` where it is gone.
 */
export class UploadCalls {
  readonly client: S3Client;
  readonly wire: Wire;
  readonly bucket: string;
  readonly checksumKind: ChecksumKind;
  readonly #configuration: StorageConfiguration;
  readonly #completeTimeout: number;

  constructor({ client, configuration, checksumKind, wire, completeTimeout }: UploadCallsOptions) {
    this.client = client;
    this.wire = wire;
    this.checksumKind = checksumKind;
    this.bucket = configuration.bucket;
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
    const { UploadId: uploadId } = await this.explained('s3:PutObject', wholeKey, () =>
      this.wire.ask(signal, (options) => this.client.send(command, options)),
    );
    if (uploadId === undefined) throw new NearplayError('storage-failed');
    return { bucket: this.bucket, wholeKey, uploadId, checksumKind: this.checksumKind };
  }

  /** Every part that is there. Paged by IsTruncated: a marker alone may go round for ever. */
  async listParts(upload: UploadRef, signal: AbortSignal): Promise<PresentPart[]> {
    const parts: PresentPart[] = [];
    for (let marker: string | undefined; ;) {
      const command = new ListPartsCommand({
        ...paramsOf(upload),
        ...(marker !== undefined && { PartNumberMarker: marker }),
      });
      const page = await this.explained('s3:ListMultipartUploadParts', upload.wholeKey, () =>
        this.wire.ask(signal, (options) => this.client.send(command, options)),
      );
      for (const { PartNumber: number, Size: size, ETag: etag, ChecksumCRC32: crc32 } of page.Parts ?? []) {
        if (number === undefined || size === undefined || etag === undefined) continue;
        parts.push({ number, size, etag, ...(crc32 !== undefined && { crc32 }) });
      }
      const next = page.NextPartNumberMarker;
      if (page.IsTruncated !== true || next === undefined || next === marker) return parts;
      marker = next;
    }
  }

  /** @param crc32 of the part, base64: the storage refuses a part that arrives otherwise (`damaged`). */
  async uploadPart(
    upload: UploadRef,
    part: { number: number; length: number; crc32: string },
    body: Body,
    signal: AbortSignal,
  ): Promise<PresentPart> {
    const { number, length, crc32 } = part;
    const { ETag: etag } = await this.explained('s3:PutObject', upload.wholeKey, () =>
      this.wire.sendBody(signal, body, (readable, options) => {
        const input = { ...paramsOf(upload), PartNumber: number, ContentLength: length, ChecksumCRC32: crc32 };
        return this.client.send(new UploadPartCommand({ ...input, Body: readable }), options);
      }),
    );
    if (etag === undefined) throw new NearplayError('storage-failed');
    return { number, size: length, etag, crc32 };
  }

  /**
   * Makes the parts an object; unless `replace`, only where no object has the name (`conflict`). The storage compares the
   * checksum of the whole, or, for a composite one, that of each part: no value is defined to be sent for the parts' row
   * (S3 API Reference, CompleteMultipartUpload: the header is the checksum "of the object").
   */
  async complete(upload: UploadRef, completion: Completion, signal: AbortSignal): Promise<Completed> {
    const { parts, size, crc32, replace } = completion;
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
      ...(!replace && { IfNoneMatch: '*' }),
    });
    const answer = await this.explained('s3:PutObject', upload.wholeKey, () =>
      this.wire.ask(signal, (options) => this.client.send(command, options), this.#completeTimeout),
    );
    return {
      etag: answer.ETag ?? '',
      ...(answer.VersionId !== undefined && { versionId: answer.VersionId }),
      ...keptChecksumOf(answer),
    };
  }

  /** `null` when there is no such object. */
  async head(wholeKey: string, signal: AbortSignal): Promise<PresentObject | null> {
    const answer = await this.#headOrNull({ Key: wholeKey, ChecksumMode: 'ENABLED' }, signal);
    return answer && presentObjectOf(answer);
  }

  /** `null` when there is no such object. */
  async headFirstPart(wholeKey: string, signal: AbortSignal): Promise<FirstPart | null> {
    const answer = await this.#headOrNull({ Key: wholeKey, PartNumber: 1 }, signal);
    if (!answer) return null;
    const { ContentLength: size = 0, ETag: etag = '', PartsCount: count } = answer;
    return { size, etag, ...(count !== undefined && { count }) };
  }

  async #headOrNull(
    input: Omit<HeadObjectCommandInput, 'Bucket' | 'Key'> & { Key: string },
    signal: AbortSignal,
  ): Promise<HeadObjectCommandOutput | null> {
    const command = new HeadObjectCommand({ Bucket: this.bucket, ...input });
    try {
      return await this.explained('s3:GetObject', input.Key, () =>
        this.wire.ask(signal, (options) => this.client.send(command, options)),
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
    const failed = { action: 's3:GetObject', storage: this.#configuration, key: Key };
    return confirmedCause(error, object, failed, (ask) => this.wire.ask(signal, ask));
  }

  async abort(upload: UploadRef, signal: AbortSignal): Promise<void> {
    await this.explained('s3:AbortMultipartUpload', upload.wholeKey, () =>
      this.wire.ask(signal, (options) => this.client.send(new AbortMultipartUploadCommand(paramsOf(upload)), options)),
    );
  }

  /** The multipart uploads in progress of exactly this key. */
  async listUploads(wholeKey: string, signal: AbortSignal): Promise<PresentUpload[]> {
    const uploads: PresentUpload[] = [];
    for (let after: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}; after;) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: this.bucket,
        Prefix: wholeKey,
        ...after,
      });
      const page = await this.explained('s3:ListBucketMultipartUploads', wholeKey, () =>
        this.wire.ask(signal, (options) => this.client.send(command, options)),
      );
      for (const { Key: key, UploadId: uploadId, Initiated: initiated, ChecksumType: type } of page.Uploads ?? []) {
        if (key !== wholeKey || uploadId === undefined || initiated === undefined) continue;
        const checksumKind = type ?? this.checksumKind;
        uploads.push({ bucket: this.bucket, wholeKey, uploadId, checksumKind, initiated: initiated.getTime() });
      }
      const { NextKeyMarker: key, NextUploadIdMarker: id } = page;
      const isLast = page.IsTruncated !== true || key === undefined || key !== wholeKey;
      after = isLast ? undefined : { KeyMarker: key, ...(id !== undefined && { UploadIdMarker: id }) };
    }
    return uploads;
  }

  /** @throws NearplayError that says what an error of the SDK or of the network means. */
  async explained<Answer>(action: string, key: string, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (cause) {
      const error = explainS3Error(cause, { action, storage: this.#configuration, key });
      // 412 says that another one was there before; 409, that another one is writing now: ask again, and it will be 412
      // or free (S3 User Guide, "Conditional writes").
      const passes = error.code === 'conflict' && httpStatusOf(cause) === 409;
      throw passes ? new NearplayError('storage-failed', 'Somebody writes to the same name now.', { cause }) : error;
    }
  }
}

function paramsOf({ bucket, wholeKey, uploadId }: UploadRef) {
  return { Bucket: bucket, Key: wholeKey, UploadId: uploadId };
}

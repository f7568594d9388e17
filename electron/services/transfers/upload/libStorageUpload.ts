import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { NearplayError } from '../../../../shared/errors.ts';
import { MIB, SECOND_MS } from '../../../../shared/units.ts';
import { storedChecksumOf } from '../../content/compositeCrc32.ts';
import { etagOfParts } from '../../content/contentVerdict.ts';
import { crc32, toBase64 } from '../../content/crc32.ts';
import { lingering } from '../../runtime/async.ts';
import { chunksOf } from '../http/guardedRequests.ts';
import { retrying } from '../http/retry.ts';
import { type Completed, confirmedPart, type S3UploadApi } from '../http/s3UploadApi.ts';
import type { UploadRef } from '../journal/uploadRecord.ts';
import type { UploadContext } from './uploadContext.ts';

/** 10,000 of these hold a stream of 156 GiB, whose length is unknown beforehand. */
export const STREAM_PART_BYTES = 16 * MIB;
const MAX_CONCURRENT_STREAM_PARTS = 3;
/** A cancelled start is waited for: only its answer names the upload that has to be aborted. */
const START_GRACE_MS = 5 * SECOND_MS;

/** Hooks into the requests of lib-storage: time-outs, limits, progress, retries and abort as for all uploads. */
export interface RequestShape {
  /** Owner of the request slots, which take turns by owner. */
  owner: string;
  signal: AbortSignal;
  sent: (bytes: number) => void;
  takenBack: (bytes: number) => void;
  /** Called for a confirmed part. A single PUT is confirmed by the caller, once its arrival is proved. */
  confirmed: (bytes: number) => void;
  /** Awaited after the start of a multipart upload and before its first part. */
  begun?: (upload: UploadRef) => Promise<void>;
  /** Called when a request begins and when it is over, retries included. */
  asks?: (change: 1 | -1) => void;
  /** Awaited before the request that creates the object; may reject. */
  beforeNaming?: () => Promise<void>;
}

/** Answer to the last request, and the ETag to expect where ETags are MD5s, as far as it was calculated. */
export interface SentWithLibStorage {
  completed: Completed;
  expectedEtag: string | undefined;
}

export type LibStorageParams = Omit<PutObjectCommandInput, 'Body' | 'Bucket' | 'Key'>;

/**
 * Uploads bytes in memory (at most SINGLE_PUT_MAX_BYTES: one PUT) or a stream of unknown length (parts) with
 * lib-storage.
 *
 * @throws NearplayError conflict (with IfNoneMatch), cancelled, and errors that retries did not resolve
 */
export async function sendWithLibStorage(
  context: UploadContext,
  wholeKey: string,
  body: Buffer | Readable,
  params: LibStorageParams,
  shape: RequestShape,
): Promise<SentWithLibStorage> {
  const { api } = context;
  const md5s = new Map<number, string>();
  const upload = new Upload({
    client: shapedClient(context, shape, md5s),
    queueSize: MAX_CONCURRENT_STREAM_PARTS,
    partSize: STREAM_PART_BYTES,
    params: { ...params, Bucket: api.bucket, Key: wholeKey, Body: body },
  });
  const answer = await api.withExplainedErrors('s3:PutObject', wholeKey, () => upload.done());
  const completed = {
    etag: answer.ETag ?? '',
    ...(answer.VersionId !== undefined && { versionId: answer.VersionId }),
    ...storedChecksumOf(answer),
  };
  return { completed, expectedEtag: expectedEtag(md5s) };
}

/** @param md5s by part number; `WHOLE` for a single PUT. */
function expectedEtag(md5s: ReadonlyMap<number, string>): string | undefined {
  const parts = [...md5s].sort(([a], [b]) => a - b);
  const isComplete = parts.every(([number], index) => number === index + 1);
  return md5s.get(WHOLE) ?? (isComplete && parts.length > 0 ? etagOfParts(parts.map(([, md5]) => md5)) : undefined);
}

/** Stands for the part number of a single PUT. */
const WHOLE = 0;

type Command = Parameters<S3Client['send']>[0];

/** The client for lib-storage: the same configuration, another `send`. */
function shapedClient(context: UploadContext, shape: RequestShape, md5s: Map<number, string>): S3Client {
  const { client } = context.api;
  const send = async (command: Command) => {
    shape.asks?.(1);
    try {
      return await sendShaped(context, shape, command, md5s);
    } finally {
      shape.asks?.(-1);
    }
  };
  // lib-storage reads the client's configuration and calls `send`.
  return Object.create(client, { send: { value: send } }) as S3Client;
}

async function sendShaped(
  context: UploadContext,
  shape: RequestShape,
  command: Command,
  md5s: Map<number, string>,
): Promise<unknown> {
  const { api } = context;
  const givesName = command instanceof PutObjectCommand || command instanceof CompleteMultipartUploadCommand;
  if (givesName) await shape.beforeNaming?.();
  const carriesBody = command instanceof PutObjectCommand || command instanceof UploadPartCommand;
  const { Body: body } = carriesBody ? command.input : {};
  if (carriesBody && Buffer.isBuffer(body)) {
    return retrying(context, shape.signal, () =>
      api.withExplainedErrors('s3:PutObject', command.input.Key ?? '', () =>
        sendSlices(context, shape, command, body, md5s),
      ),
    );
  }
  const isStart = command instanceof CreateMultipartUploadCommand;
  const signal = isStart ? lingering(shape.signal, START_GRACE_MS) : shape.signal;
  const answer = await api.requests.request(signal, (options) => api.client.send(command, options));
  if (isStart) await begun(api, shape, command, answer);
  return answer;
}

async function sendSlices(
  { api, slots }: UploadContext,
  shape: RequestShape,
  command: PutObjectCommand | UploadPartCommand,
  bytes: Buffer,
  md5s: Map<number, string>,
): Promise<unknown> {
  const release = await slots.acquire(shape.owner, shape.signal);
  let moved = 0;
  const onBytes = (count: number) => {
    moved += count;
    shape.sent(count);
    slots.addBytes(count);
  };
  const checksum = command.input.ChecksumCRC32 ?? toBase64(crc32(bytes));
  try {
    const send = (body: Buffer | Readable, options: { abortSignal: AbortSignal }) => {
      // The payload is not signed (`signNoPayload`): no SHA-256 is calculated, and the storage checks its CRC-32.
      const checked = {
        ContentLength: bytes.length,
        ChecksumCRC32: checksum,
        ChecksumAlgorithm: undefined,
      };
      return command instanceof PutObjectCommand
        ? api.client.send(new PutObjectCommand({ ...command.input, ...checked, Body: body }), options)
        : api.client.send(new UploadPartCommand({ ...command.input, ...checked, Body: body }), options);
    };
    const answer = api.requests.isSlice(bytes.length)
      ? await api.requests.sendSlice(shape.signal, bytes, onBytes, (options) => send(bytes, options))
      : await api.requests.sendBody(shape.signal, { chunks: chunksOf(bytes), onBytes }, send);
    const part = command instanceof UploadPartCommand ? (command.input.PartNumber ?? WHOLE) : WHOLE;
    const isProved =
      part === WHOLE ? storedChecksumOf(answer).crc32 !== undefined : confirmedPart(answer, checksum).isProved;
    if (!isProved) md5s.set(part, createHash('md5').update(bytes).digest('hex'));
    if (part !== WHOLE) shape.confirmed(bytes.length);
    return answer;
  } catch (error) {
    shape.takenBack(moved);
    throw error;
  } finally {
    release();
  }
}

async function begun(
  { place }: S3UploadApi,
  shape: RequestShape,
  command: CreateMultipartUploadCommand,
  answer: object,
): Promise<void> {
  const { Key: wholeKey } = command.input;
  const uploadId = 'UploadId' in answer ? answer.UploadId : undefined;
  // An answer without an id is not from an S3 storage.
  if (typeof uploadId !== 'string' || uploadId === '') throw new NearplayError('not-a-storage');
  if (wholeKey === undefined) return;
  await shape.begun?.({ ...place, wholeKey, uploadId });
}

import {
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Readable } from 'node:stream';
import { crc32, toBase64 } from './crc32.ts';
import { keptChecksumOf } from './presentObject.ts';
import { retrying } from './retrying.ts';
import type { UploadRef } from './transferRecord.ts';
import type { Completed } from './uploadCalls.ts';
import type { UploadNeeds } from './uploadTask.ts';
import { slicesOf } from './wire.ts';

const MIB = 1024 ** 2;
/** Up to this size a file is sent in one request; above, in parts that can be resumed. Bytes. */
export const ONE_REQUEST = 16 * MIB;
/** 10,000 of these hold a stream of 156 GiB, of which nobody knows the length beforehand. */
export const STREAM_PART = 16 * MIB;
const STREAM_PARTS_AT_ONCE = 3;

/** What lib-storage cannot do by itself: its requests get our time-outs, limits, progress, repetition and abort. */
export interface RequestShape {
  /** Whose turn it is on the lanes. */
  owner: string;
  signal: AbortSignal;
  sent: (bytes: number) => void;
  takenBack: (bytes: number) => void;
  confirmed: (bytes: number) => void;
  /** A multipart upload has begun; awaited before its first part is sent. */
  begun?: (upload: UploadRef) => Promise<void>;
}

export type LibStorageParams = Omit<PutObjectCommandInput, 'Body' | 'Bucket' | 'Key'>;

/**
 * Sends bytes in memory (at most ONE_REQUEST of them: one PUT) or a stream of unknown length (parts) with lib-storage.
 *
 * @throws NearplayError conflict (with IfNoneMatch), cancelled, and what repetition did not cure
 */
export async function sendWithLibStorage(
  needs: UploadNeeds,
  wholeKey: string,
  body: Buffer | Readable,
  params: LibStorageParams,
  shape: RequestShape,
): Promise<Completed> {
  const { calls } = needs;
  const upload = new Upload({
    client: shapedClient(needs, shape),
    queueSize: STREAM_PARTS_AT_ONCE,
    partSize: STREAM_PART,
    params: { ...params, Bucket: calls.bucket, Key: wholeKey, Body: body },
  });
  const answer = await calls.explained('s3:PutObject', wholeKey, () => upload.done());
  return {
    etag: answer.ETag ?? '',
    ...(answer.VersionId !== undefined && { versionId: answer.VersionId }),
    ...keptChecksumOf(answer),
  };
}

type Command = Parameters<S3Client['send']>[0];

/** The client as lib-storage sees it: the same configuration, another way to send. */
function shapedClient(needs: UploadNeeds, shape: RequestShape): S3Client {
  const { client } = needs.calls;
  const send = (command: Command) => sendShaped(needs, shape, command);
  // A view of the client: lib-storage reads its configuration and calls `send`.
  return Object.create(client, { send: { value: send } }) as S3Client;
}

async function sendShaped(needs: UploadNeeds, shape: RequestShape, command: Command): Promise<unknown> {
  const { calls } = needs;
  const carriesBody = command instanceof PutObjectCommand || command instanceof UploadPartCommand;
  const { Body: body } = carriesBody ? command.input : {};
  if (carriesBody && Buffer.isBuffer(body)) {
    return retrying(needs, shape.signal, () =>
      calls.explained('s3:PutObject', command.input.Key ?? '', () => sendSlices(needs, shape, command, body)),
    );
  }
  const answer = await calls.wire.ask(shape.signal, (options) => calls.client.send(command, options));
  if (command instanceof CreateMultipartUploadCommand) await begun(shape, command, answer);
  return answer;
}

async function sendSlices(
  { calls, lanes }: UploadNeeds,
  shape: RequestShape,
  command: PutObjectCommand | UploadPartCommand,
  bytes: Buffer,
): Promise<unknown> {
  const leave = await lanes.enter(shape.owner, shape.signal);
  let moved = 0;
  const onBytes = (count: number) => {
    moved += count;
    shape.sent(count);
    lanes.moved(count);
  };
  try {
    const answer = await calls.wire.sendBody(shape.signal, { slices: slicesOf(bytes), onBytes }, (body, options) => {
      // A stream's payload is not signed: no SHA-256 over it. Its CRC-32 is what the storage checks.
      const checked = {
        ContentLength: bytes.length,
        ChecksumCRC32: command.input.ChecksumCRC32 ?? toBase64(crc32(bytes)),
        ChecksumAlgorithm: undefined,
      };
      return command instanceof PutObjectCommand
        ? calls.client.send(new PutObjectCommand({ ...command.input, ...checked, Body: body }), options)
        : calls.client.send(new UploadPartCommand({ ...command.input, ...checked, Body: body }), options);
    });
    shape.confirmed(bytes.length);
    return answer;
  } catch (error) {
    shape.takenBack(moved);
    throw error;
  } finally {
    leave();
  }
}

async function begun(shape: RequestShape, command: CreateMultipartUploadCommand, answer: object): Promise<void> {
  const { Bucket: bucket, Key: wholeKey } = command.input;
  const uploadId = 'UploadId' in answer ? answer.UploadId : undefined;
  if (bucket === undefined || wholeKey === undefined || typeof uploadId !== 'string') return;
  await shape.begun?.({ bucket, wholeKey, uploadId });
}

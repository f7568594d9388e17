import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../shared/errors.ts';
import { httpStatusOf, isWithoutWords } from '../runtime/errorFacts.ts';
import { explainS3Error, type FailedAction } from './s3Errors.ts';

/** Statuses of HEAD with several possible causes: an expired token, another encryption, a permission, a missing bucket … */
const AMBIGUOUS_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404]);

/** The object whose HEAD was refused. */
export interface RefusedObject {
  client: S3Client;
  bucket: string;
  /** Prefix included. */
  wholeKey: string;
  versionId?: string | undefined;
}

/**
 * Finds the cause of an error whose answer had no document, as every answer to HEAD: requests the first byte of the
 * same object, whose refusal has a document. Any other error is returned unchanged, without a request.
 *
 * @param send gives the request its signal and time-out.
 * @returns where the bytes can be read although HEAD was refused: the error as it is, or `storage-failed` for a 400 or a 404
 *   without words.
 */
export async function confirmedCause(
  error: NearplayError,
  { client, bucket, wholeKey, versionId }: RefusedObject,
  failed: FailedAction,
  send: (ask: (options: { abortSignal: AbortSignal }) => Promise<void>) => Promise<void>,
): Promise<NearplayError> {
  if (!isAmbiguous(error)) return error;
  const command = new GetObjectCommand({
    ...{ Bucket: bucket, Key: wholeKey, Range: 'bytes=0-0' },
    ...(versionId !== undefined && { VersionId: versionId }),
  });
  try {
    await send(async (options) => discardBody(await client.send(command, options)));
  } catch (cause) {
    const explained = explainS3Error(cause, failed);
    // An empty object has no first byte: 416 means it was readable (RFC 9110, 15.5.17).
    if (explained.code !== 'empty-file') return explained;
  }
  const status = httpStatusOf(error.cause);
  if (status !== 400 && status !== 404) return error;
  const { region } = failed.storage;
  const message = `The storage in ${region} refused to describe the file (${status}), although it gives its bytes. Another try may help.`;
  return new NearplayError('storage-failed', message, { cause: error.cause });
}

function isAmbiguous({ code, cause }: NearplayError): boolean {
  return isWithoutWords(cause) && (AMBIGUOUS_STATUSES.has(httpStatusOf(cause)) || code === 'not-a-storage');
}

/** Reads the byte, so that the connection can be reused; destroys the body of a storage that ignores ranges. */
async function discardBody({ Body: body, ContentLength: length }: GetObjectCommandOutput): Promise<void> {
  if (length !== undefined && length <= 1) await body?.transformToByteArray();
  else if (body instanceof Readable) body.destroy();
}

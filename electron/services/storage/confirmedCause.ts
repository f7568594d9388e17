import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { NearplayError } from '../../../shared/errors.ts';
import { httpStatusOf, isWithoutWords } from '../runtime/errorFacts.ts';
import { explainS3Error, type FailedAction } from './s3Errors.ts';

/** Statuses of HEAD behind which there are many causes: an ended token, another encryption, a permission, no such bucket … */
const AMBIGUOUS: ReadonlySet<number> = new Set([400, 401, 403, 404]);

/** The object that could not be looked at. */
export interface RefusedObject {
  client: S3Client;
  bucket: string;
  /** Prefix included. */
  wholeKey: string;
  versionId?: string | undefined;
}

/**
 * The cause of an error whose answer had no document, as every answer to HEAD: the first byte of the same object is
 * asked for, whose refusal does have one, and that one counts. Any other error stays as it is, without asking.
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
    await send(async (options) => forget(await client.send(command, options)));
  } catch (cause) {
    const told = explainS3Error(cause, failed);
    // An empty object has no first byte: it was given, all the same (RFC 9110, 15.5.17).
    if (told.code !== 'empty-file') return told;
  }
  const status = httpStatusOf(error.cause);
  if (status !== 400 && status !== 404) return error;
  const { region } = failed.storage;
  const message = `The storage in ${region} refused to describe the file (${status}), although it gives its bytes. Another try may help.`;
  return new NearplayError('storage-failed', message, { cause: error.cause });
}

function isAmbiguous({ code, cause }: NearplayError): boolean {
  return isWithoutWords(cause) && (AMBIGUOUS.has(httpStatusOf(cause)) || code === 'not-a-storage');
}

/** Reads the byte, so that the connection can be used again; of a storage that knows no ranges, nothing. */
async function forget({ Body: body, ContentLength: length }: GetObjectCommandOutput): Promise<void> {
  if (length !== undefined && length <= 1) await body?.transformToByteArray();
  else if (body instanceof Readable) body.destroy();
}

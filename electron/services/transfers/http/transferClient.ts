import { S3Client } from '@aws-sdk/client-s3';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import { endpointOf } from '../../../../shared/storagePlace.ts';
import { confirmSizes } from '../../storage/objectSizes.ts';
import { QUIET_LOGGER } from '../../storage/quietLogger.ts';
import { limitAnswers } from '../../storage/wholeAnswers.ts';

/**
 * A client with the same connections and credentials that tries each request once. The SDK must not retry the start of
 * a multipart upload: where only the answer was lost, a second upload would begin.
 */
function onceOnly(client: S3Client, configuration: StorageConfiguration): S3Client {
  const endpoint = endpointOf(configuration);
  const { config } = client;
  const transferClient = new S3Client({
    region: configuration.region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: configuration.forcePathStyle ?? configuration.bucket.includes('.'),
    credentials: config.credentials,
    requestHandler: config.requestHandler,
    systemClockOffset: config.systemClockOffset,
    expectContinueHeader: false,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    logger: QUIET_LOGGER,
  });
  // Redacts secrets for the logger, which is discarded here.
  transferClient.middlewareStack.remove('loggerMiddleware');
  limitAnswers(transferClient);
  confirmSizes(transferClient);
  return transferClient;
}

/** One transfer client per storage client, for the lifetime of the latter. */
export class TransferClients {
  readonly #known = new WeakMap<S3Client, S3Client>();

  clientFor(client: S3Client, configuration: StorageConfiguration): S3Client {
    const known = this.#known.get(client) ?? onceOnly(client, configuration);
    this.#known.set(client, known);
    return known;
  }
}

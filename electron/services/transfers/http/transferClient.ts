import { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import type { StorageConfiguration } from '../../../../shared/preferences.ts';
import { endpointOf } from '../../../../shared/storagePlace.ts';
import { confirmSizes } from '../../storage/objectSizes.ts';
import { QUIET_LOGGER } from '../../storage/quietLogger.ts';
import { limitAnswers } from '../../storage/wholeAnswers.ts';

/**
 * Middlewares of the SDK that do nothing for these requests, and together cost a small one as much as signing it:
 * the logger, whose lines are discarded, redacts secrets first; redirects to other regions are not followed; no request
 * asks for "100 Continue"; there is one attempt; and no request comes from a function of AWS Lambda. The header of the
 * user agent is replaced by a constant one.
 */
const IDLE_MIDDLEWARES = [
  'loggerMiddleware',
  'regionRedirectMiddleware',
  'addExpectContinueMiddleware',
  'getUserAgentMiddleware',
  'recursionDetectionMiddleware',
  'retryMiddleware',
];
const USER_AGENT = 'Nearplay';
/** S3 API Reference, "Authenticating requests": the value of x-amz-content-sha256 for a payload that is not signed. */
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const BODY_COMMANDS: ReadonlySet<string> = new Set(['PutObjectCommand', 'UploadPartCommand']);

/**
 * Leaves the payload of a checked body out of the signature, whether it is in memory or a stream: the storage compares
 * its CRC-32, which is in a signed header.
 */
function signNoPayload(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { request } = args;
        if (HttpRequest.isInstance(request)) {
          request.headers['user-agent'] = USER_AGENT;
          const isChecked = 'x-amz-checksum-crc32' in request.headers && BODY_COMMANDS.has(commandName ?? '');
          if (isChecked) request.headers['x-amz-content-sha256'] = UNSIGNED;
        }
        return next(args);
      },
    // Runs before signing.
    { step: 'build', name: 'nearplayHeaders' },
  );
}

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
    ignoreConfiguredEndpointUrls: true,
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
  for (const name of IDLE_MIDDLEWARES) transferClient.middlewareStack.remove(name);
  // The one that signs is placed after it by its name.
  transferClient.middlewareStack.add((next) => next, { step: 'finalizeRequest', name: 'retryMiddleware' });
  signNoPayload(transferClient);
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

import { S3Client } from '@aws-sdk/client-s3';
import { QUIET_LOGGER } from './quietLogger.ts';

/**
 * The endpoint that this machine gives storages whose preferences name none: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or
 * endpoint_url of the profile (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). By the rules of the
 * SDK itself, which would otherwise apply them within its requests, where nothing else sees them. Read once: what an
 * upload is bound to must not move while it runs.
 */
export async function configuredEndpoint(): Promise<string | undefined> {
  const client = new S3Client({ logger: QUIET_LOGGER });
  try {
    return await client.config.serviceConfiguredEndpoint?.();
  } finally {
    client.destroy();
  }
}

import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Version } from '../sandbox/records.ts';
import type { Sandbox, SandboxRegion } from '../sandbox/sandbox.ts';

const LIFETIME_S = 3600;

/**
 * A signed link to one version in a region of the sample storage, with what a reader has to know of it.
 * @param endpoint of a relay in front of the region; default: the region's own
 */
export async function readLinkTo(
  sandbox: Sandbox,
  { name, region, bucket, endpoint: own }: SandboxRegion,
  { key, versionId, size, lastModified }: Version,
  endpoint = own,
) {
  const client = new S3Client({ region, endpoint, forcePathStyle: true, credentials: sandbox.credentials });
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  const signingDate = new Date(sandbox.now());
  const url = await getSignedUrl(client, command, { expiresIn: LIFETIME_S, signingDate });
  client.destroy();
  return { url, size, versionId, lastModified, expiresAt: Infinity, route: { storage: name } };
}

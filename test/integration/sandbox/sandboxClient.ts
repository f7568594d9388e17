import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { Sandbox, SandboxRegion } from '../../sandbox/sandbox.ts';

/** An AWS SDK client of one region, that tries once. */
export const clientOf = (sandbox: Sandbox, place: SandboxRegion = sandbox.main, more: S3ClientConfig = {}) =>
  new S3Client({
    region: place.region,
    endpoint: place.endpoint,
    forcePathStyle: true,
    credentials: sandbox.credentials,
    maxAttempts: 1,
    ...more,
  });

/** What the SDK throws for an answer of this code and status. */
export const failure = (name: string, status: number): unknown =>
  expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) as unknown });

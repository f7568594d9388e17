import { z } from 'zod';
import { LEAST_RATE } from './bandwidth.ts';

const MAX_DELAY_SECONDS = 7 * 24 * 3600;

const httpUrl = z.url({ protocol: /^https?$/ });

/** One bucket that media can be read from. Field names as studios already have them. */
export const storageSchema = z.strictObject({
  region: z.string().regex(/^[a-z]{2,}(-[a-z0-9]+)+$/, 'is not an AWS region such as us-east-1'),
  // S3 User Guide, "General purpose bucket naming rules".
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not a valid bucket name'),
  prefix: z
    .string()
    .default('')
    .transform((prefix) => prefix.replace(/^\/+|\/+$/g, '')),
  aws_role_arn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'is not the ARN of an IAM role')
    .optional(),
  s3_interface_vpc_endpoint_dns_name: z.string().min(1).optional(),
  endpoint: httpUrl.optional(),
  forcePathStyle: z.boolean().optional(),
});
export type StorageConfiguration = z.infer<typeof storageSchema>;

export const replicaSchema = z.strictObject({
  storage: z.string().min(1),
  label: z.string().min(1).max(60).optional(),
  ipRanges: z.array(z.string()).default([]),
});
export type Replica = z.infer<typeof replicaSchema>;

export const preferencesSchema = z.strictObject({
  version: z.literal(1),
  s3Configuration: z.record(z.string().min(1).max(60), storageSchema),
  mainStorage: z.string().min(1),
  replication: z
    .strictObject({
      delaySeconds: z.number().int().min(0).max(MAX_DELAY_SECONDS).default(60),
      /** Replication that is pending for longer is shown as stuck. S3 replicates nearly everything within 15 minutes. */
      stuckAfterSeconds: z
        .number()
        .int()
        .min(60)
        .max(MAX_DELAY_SECONDS)
        .default(15 * 60),
      replicas: z.array(replicaSchema).default([]),
    })
    .prefault({}),
  defaults: z.strictObject({ readFrom: z.string().min(1).default('auto') }).prefault({}),
  uploads: z
    .strictObject({
      /** A ceiling for each machine, whatever its user sets; absent: none. Bytes per second. */
      maxBytesPerSecond: z.number().int().min(LEAST_RATE).optional(),
    })
    .prefault({}),
  publicIp: z.strictObject({ services: z.array(httpUrl).default(['https://checkip.amazonaws.com']) }).prefault({}),
});

/** The studio-wide document, normalised: defaults filled in, prefixes without slashes at their ends. */
export type IsolationPreferences = z.infer<typeof preferencesSchema>;

export interface Finding {
  severity: 'error' | 'warning' | 'info';
  /** Dotted path into the document, '' for the whole of it. */
  path: string;
  /** 1-based; absent where the text has no such place. */
  line?: number;
  message: string;
}

/** Keys and indexes down into the document. */
export type Path = (string | number)[];

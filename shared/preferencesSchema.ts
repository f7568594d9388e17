import { z } from 'zod';
import { MIN_BYTES_PER_SECOND } from './bandwidth.ts';
import { reportOf } from './errors.ts';
import { faultOfName, faultOfText, MAX_KEY_BYTES, typedKey, utf8Length } from './keys.ts';
import { parseWebUrl } from './webUrl.ts';

const MAX_DELAY_SECONDS = 7 * 24 * 3600;
const MAX_URL_CHARACTERS = 2048;
/** RFC 1035. */
const MAX_HOST_NAME = 253;
/** Storages, and so replicas, of one document: each is a client, and is probed. */
const MAX_STORAGES = 100;
/** Of all replicas together. */
export const MAX_RANGES = 10_000;
/** Every machine asks each of them, twice every five minutes. */
const MAX_ADDRESS_SERVICES = 8;
/** Lines of the player's menu. */
const MAX_LOOKS = 50;
/** Characters. */
const MAX_LOOK_NAME = 60;

/** A string that is validated no further when it is longer: patterns run on short strings only. */
const shortText = (max: number) => z.string().max(max, { error: `is longer than ${max} characters`, abort: true });

const httpUrl = shortText(MAX_URL_CHARACTERS)
  .refine((text) => parseWebUrl(text) !== undefined, {
    error: 'is not an address such as https://s3.example.com',
    abort: true,
  })
  .refine((text) => parseWebUrl(text)?.hasExtras === false, 'has a name, a password, a query or a fragment in it');

/** A prefix as the keys have it: without slashes at its ends. */
const prefixText = shortText(MAX_KEY_BYTES)
  .transform(withoutOuterSlashes)
  .superRefine((prefix, context) => {
    const fault = faultOfPrefix(prefix);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

/** A key of a table of colours, below the prefix of the storages, in the form of typedKey. */
const cubeKey = shortText(MAX_KEY_BYTES)
  .transform((text, context) => {
    try {
      return typedKey(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: reportOf(error).message });
      return z.NEVER;
    }
  })
  .refine(isCubeKey, 'does not end in .cube: looks are tables in the .cube format, such as looks/show.cube');

/** One bucket that media can be read from. Field names as studios already have them. */
export const storageSchema = z.strictObject({
  // A part of a host's name at Amazon's, a word that is signed at others' (`garage`, `auto`); what holds where is for the lint.
  region: shortText(63).regex(/^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$/, 'is not a region such as us-east-1'),
  // The names of before 2018 in us-east-1, and of other makers (Ceph has `tenant:bucket`), are wider than today's; which ones
  // are meant is for the lint.
  bucket: shortText(255).regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(:[A-Za-z0-9._-]*)?[A-Za-z0-9]$/,
    'is not a valid bucket name',
  ),
  prefix: prefixText.default(''),
  aws_role_arn: shortText(MAX_URL_CHARACTERS)
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]+$/, 'is not the ARN of an IAM role')
    .optional(),
  // As the console shows it: `*.vpce-….s3.us-east-1.vpce.amazonaws.com`.
  s3_interface_vpc_endpoint_dns_name: shortText(MAX_HOST_NAME)
    .regex(/^(https:\/\/)?(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'is not the DNS name of a VPC endpoint')
    .optional(),
  endpoint: httpUrl.optional(),
  forcePathStyle: z.boolean().optional(),
});
export type StorageConfiguration = z.infer<typeof storageSchema>;

const replicaSchema = z.strictObject({
  storage: z.string().min(1).max(60),
  label: z.string().min(1).max(60).optional(),
  ipRanges: z.array(z.string()).max(MAX_RANGES, `has more than ${MAX_RANGES} ranges`).default([]),
});
export type Replica = z.infer<typeof replicaSchema>;

/** A table of colours in the main storage that everyone may look through. */
const lookSchema = z.strictObject({
  name: z
    .string()
    .min(1, { error: 'is empty: write what people shall call this look', abort: true })
    .max(MAX_LOOK_NAME, { error: `is longer than ${MAX_LOOK_NAME} characters`, abort: true })
    .superRefine((name, context) => {
      const fault = faultOfText(name);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    }),
  key: cubeKey,
});
export type Look = z.infer<typeof lookSchema>;

export const preferencesSchema = z.strictObject({
  version: z.literal(1),
  s3Configuration: z
    .record(z.string().min(1).max(60), storageSchema)
    .refine((storages) => Object.keys(storages).length <= MAX_STORAGES, `has more than ${MAX_STORAGES} storages`),
  mainStorage: z.string().min(1).max(60),
  replication: z
    .strictObject({
      delaySeconds: z.number().int().min(0).max(MAX_DELAY_SECONDS).default(60),
      /** Age after which pending replication is shown as stuck. S3 replicates nearly all objects within 15 minutes. */
      stuckAfterSeconds: z
        .number()
        .int()
        .min(60)
        .max(MAX_DELAY_SECONDS)
        .default(15 * 60),
      replicas: z.array(replicaSchema).max(MAX_STORAGES).default([]),
    })
    .prefault({}),
  defaults: z.strictObject({ readFrom: z.string().min(1).max(60).default('auto') }).prefault({}),
  uploads: z
    .strictObject({
      /** Ceiling per machine, regardless of its user's setting; absent: none. Bytes per second. */
      maxBytesPerSecond: z.number().int().min(MIN_BYTES_PER_SECOND).optional(),
    })
    .prefault({}),
  looks: z
    .array(z.unknown())
    .max(MAX_LOOKS, { error: `has more than ${MAX_LOOKS} looks`, abort: true })
    // Counted before any of them is looked at.
    .pipe(z.array(lookSchema))
    .default([]),
  publicIp: z
    .strictObject({
      services: z
        .array(httpUrl)
        .max(MAX_ADDRESS_SERVICES, `has more than ${MAX_ADDRESS_SERVICES} services`)
        .default(['https://checkip.amazonaws.com']),
    })
    .prefault({}),
  /**
   * Rights of the object in the main storage beyond new replicas at Amazon's; effective only in a file on the machine
   * itself. Absent: none.
   */
  trust: z
    .strictObject({
      /** Hosts, with their port where it is not 443, that replicas may have; over https only. */
      replicaHosts: z
        .array(
          shortText(MAX_HOST_NAME + 6).refine(isHost, 'is not a host such as s3.example.com or s3.example.com:9000'),
        )
        .max(MAX_STORAGES)
        .default([]),
    })
    .optional(),
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

/** The configuration of a storage by its name; own properties only, so that no name finds what every object has. */
export function storageOf(
  { s3Configuration }: Pick<IsolationPreferences, 's3Configuration'>,
  name: string,
): StorageConfiguration | undefined {
  return Object.hasOwn(s3Configuration, name) ? s3Configuration[name] : undefined;
}

function withoutOuterSlashes(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === '/') start += 1;
  while (end > start && text[end - 1] === '/') end -= 1;
  return text.slice(start, end);
}

function faultOfPrefix(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  if (utf8Length(prefix) > MAX_KEY_BYTES - 2)
    return `leaves no room for keys: they have ${MAX_KEY_BYTES} bytes with it`;
  const names = prefix.split('/');
  if (names.includes('')) return 'has an empty part: two slashes stand beside each other';
  if (names.includes('.')) return 'has a part "."';
  return names.map(faultOfName).find((fault) => fault !== undefined);
}

function isCubeKey(key: string): boolean {
  return /\.cube$/i.test(key);
}

function isHost(text: string): boolean {
  return HOST.test(text) && parseWebUrl(`https://${text}`)?.host === text.toLowerCase();
}

/** No wildcards: anyone may rent a host at a provider. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;

import { quoted } from './jsonDocument.ts';
import type { StorageConfiguration } from './preferencesSchema.ts';
import { parseWebUrl } from './webUrl.ts';

/**
 * The endpoint of an interface VPC endpoint is `https://bucket.NAME`; a name copied from the console begins with `*.`
 * (S3 User Guide, "AWS PrivateLink for Amazon S3"). A name without either would give a wrong host and no error.
 *
 * @returns undefined where Amazon's own host of the region is asked.
 */
export function endpointOf(storage: StorageConfiguration): string | undefined {
  const name = storage.s3_interface_vpc_endpoint_dns_name;
  if (name === undefined) return storage.endpoint;
  const bare = name.replace(/^https:\/\//, '').replace(/^(\*|bucket)\./, '');
  return `https://bucket.${bare}`;
}

/**
 * Amazon S3's own hosts: of a region (AWS General Reference, "Amazon S3 endpoints and quotas"), in the earlier form with
 * a dash (S3 User Guide, "Legacy endpoints"), and of interface VPC endpoints of S3. Other hosts below amazonaws.com are
 * machines, load balancers and gateways of Amazon's customers, with any server behind them.
 */
const AMAZON_S3_HOSTS = [
  /^s3(-fips|-accelerate)?(\.dualstack)?(\.[a-z]{2,}(-[a-z]+)+-\d+)?\.amazonaws\.com(\.cn)?$/,
  /^s3-[a-z]{2}(-[a-z]+)+-\d+\.amazonaws\.com$/,
  /^bucket\.vpce-[a-z0-9-]+\.s3\.[a-z0-9-]+\.vpce\.amazonaws\.com(\.cn)?$/,
];

/** Whether Amazon S3 itself answers there. @param host in lower case, with the port unless it is the protocol's own. */
export function isHostOfAmazonS3(host: string): boolean {
  return AMAZON_S3_HOSTS.some((pattern) => pattern.test(host));
}

/** Stands for Amazon's own host of the region. */
export const AWS_HOST = 'Amazon S3';

/** Where the objects of a storage are and as whom they are asked for: everything that decides what a request reaches. */
export interface StoragePlace {
  /** Protocol, host and path as they are asked; AWS_HOST for Amazon's own. */
  host: string;
  bucket: string;
  prefix: string;
  region: string;
  /** '' without one. */
  role: string;
  /** `path`: the bucket stands in the path; `host`: it is a part of the host's name. */
  style: 'path' | 'host';
}

export function storagePlaceOf(storage: StorageConfiguration): StoragePlace {
  const endpoint = endpointOf(storage);
  const url = endpoint === undefined ? undefined : parseWebUrl(endpoint);
  return {
    host: url ? `${url.origin}${url.pathname.replace(/\/$/, '')}` : (endpoint ?? AWS_HOST),
    bucket: storage.bucket,
    prefix: storage.prefix,
    region: storage.region,
    role: storage.aws_role_arn ?? '',
    // As the client is made. A wildcard certificate does not cover a bucket name with dots.
    style: (storage.forcePathStyle ?? storage.bucket.includes('.')) ? 'path' : 'host',
  };
}

const NAMES: Record<keyof StoragePlace, string> = {
  host: 'host',
  bucket: 'bucket',
  prefix: 'prefix',
  region: 'region',
  role: 'role',
  style: 'way of addressing buckets',
};

/** What differs between two places, in words: `bucket "a" instead of "b"`; empty when they are the same. */
export function differencesOf(wanted: StoragePlace, pinned: StoragePlace): string[] {
  return PARTS.filter((part) => wanted[part] !== pinned[part]).map(
    (part) => `${NAMES[part]} ${quoted(wanted[part])} instead of ${quoted(pinned[part])}`,
  );
}

const PARTS = ['host', 'bucket', 'prefix', 'region', 'role', 'style'] as const;

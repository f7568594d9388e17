import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { endpointOf, isHostOfAmazonS3 } from '../../../shared/storagePlace.ts';
import { wholeKey } from './storageKeys.ts';

/** Where objects are written to. A bucket's name is unique only together with its provider. */
export interface UploadPlace {
  /** Result of `endpointIdOf`. Absent in records of earlier versions. */
  endpoint?: string | undefined;
  bucket: string;
}

/** One object that was written or is about to be. */
export interface ObjectPlace extends UploadPlace {
  /** Prefix included. */
  wholeKey: string;
}

/**
 * Whether the storage is Amazon S3, through any of its own hosts.
 *
 * @param storage as `StorageClients.configurationOf` resolves it: with the endpoint that its client really asks.
 */
export function isOfAws(storage: StorageConfiguration): boolean {
  const endpoint = endpointOf(storage);
  return endpoint === undefined || (URL.canParse(endpoint) && isHostOfAmazonS3(new URL(endpoint).host));
}

/**
 * Identity of the bucket's provider. Bucket names are unique within a partition of AWS across hosts and regions (S3
 * User Guide, "General purpose bucket naming rules"); elsewhere the address identifies the provider.
 */
function endpointIdOf(storage: StorageConfiguration): string {
  if (isOfAws(storage)) return partitionOf(storage.region);
  const endpoint = endpointOf(storage) ?? '';
  if (!URL.canParse(endpoint)) return endpoint;
  const { origin, pathname } = new URL(endpoint);
  return origin + (pathname.endsWith('/') ? pathname.slice(0, -1) : pathname);
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

export function uploadPlaceOf(storage: StorageConfiguration): Required<UploadPlace> {
  return { endpoint: endpointIdOf(storage), bucket: storage.bucket };
}

/** A string key for maps and caches of one bucket. */
export function placeId(storage: StorageConfiguration): string {
  const { endpoint, bucket } = uploadPlaceOf(storage);
  return `${endpoint} ${bucket}`;
}

/**
 * Whether the place is in this storage. Records of earlier versions have no endpoint: they match by bucket name alone,
 * since upload ids are unique and a storage rejects an unknown one.
 */
export function isIn(place: UploadPlace, storage: StorageConfiguration): boolean {
  const here = uploadPlaceOf(storage);
  return place.bucket === here.bucket && (place.endpoint === undefined || place.endpoint === here.endpoint);
}

/** Whether an upload that began there creates the object wanted here. @param key relative to the storage's prefix. */
export function isHere(place: ObjectPlace, storage: StorageConfiguration, key: string): boolean {
  return isIn(place, storage) && place.wholeKey === wholeKey(storage, key);
}

import type { StorageConfiguration } from '../../../shared/preferences.ts';
import { endpointOf } from '../../../shared/storagePlace.ts';
import { wholeKey } from './storageKeys.ts';

/** And what AWS calls itself in China. */
const HOST_OF_AWS = /\.amazonaws\.com(\.cn)?$/;

/** Where objects are written to. A bucket's name means one bucket only together with who keeps it. */
export interface UploadPlace {
  /** As `endpointIdOf` gives it. Absent in notes of earlier versions. */
  endpoint?: string | undefined;
  bucket: string;
}

/** One object, written or about to be. */
export interface ObjectPlace extends UploadPlace {
  /** Prefix included. */
  wholeKey: string;
}

/** Whether the storage is that of AWS, by whatever host it is reached. */
export function isOfAws(storage: StorageConfiguration): boolean {
  const endpoint = endpointOf(storage);
  return endpoint === undefined || (URL.canParse(endpoint) && HOST_OF_AWS.test(new URL(endpoint).hostname));
}

/**
 * Who keeps the bucket. Names of buckets are unique within a partition of AWS, whatever host and region they are reached by (S3
 * User Guide, "General purpose bucket naming rules"); elsewhere the address is all that tells.
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

/** As one word, to keep something by it. */
export function placeId(storage: StorageConfiguration): string {
  const { endpoint, bucket } = uploadPlaceOf(storage);
  return `${endpoint} ${bucket}`;
}

/**
 * Whether it is in this storage. Notes of earlier versions name no endpoint: they are tried where the bucket has their name, since
 * ids of uploads are unique and a storage that never gave one away does not know it.
 */
export function isIn(place: UploadPlace, storage: StorageConfiguration): boolean {
  const here = uploadPlaceOf(storage);
  return place.bucket === here.bucket && (place.endpoint === undefined || place.endpoint === here.endpoint);
}

/** Whether an upload that began there would make the object that is wanted here. @param key relative to the storage's prefix. */
export function isHere(place: ObjectPlace, storage: StorageConfiguration, key: string): boolean {
  return isIn(place, storage) && place.wholeKey === wholeKey(storage, key);
}

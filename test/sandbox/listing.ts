import { type Answer, type Call, xmlAnswer } from './call.ts';
import { compareKeys, lowerBound } from './keyOrder.ts';
import type { Version } from './records.ts';
import { toXml } from './xml.ts';

const MAX_KEYS_PER_PAGE = 1000;

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

interface Selection {
  prefix: string;
  delimiter: string;
  /** The page begins after this key or common prefix. */
  after: string;
  limit: number;
}

interface Page {
  keys: string[];
  prefixes: string[];
  /** The last key or common prefix of a page that is not the last one. */
  last?: string;
}

/** Collects keys and common prefixes, together at most `limit`, in order, after `after`. */
function paginate(sorted: readonly string[], isListed: (key: string) => boolean, selection: Selection): Page {
  const { prefix, delimiter, after, limit } = selection;
  const page: Page = { keys: [], prefixes: [] };
  let last = '';
  for (
    let index = lowerBound(sorted, compareKeys(after, prefix) > 0 ? after : prefix);
    index < sorted.length;
    index++
  ) {
    const key = sorted[index] ?? '';
    if (!key.startsWith(prefix)) break;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = cut === -1 ? key : key.slice(0, cut + delimiter.length);
    // A common prefix that was on the page before is not on this one, however many keys it still has.
    if (entry === after || entry === page.prefixes.at(-1) || !isListed(key)) continue;
    if (page.keys.length + page.prefixes.length >= limit) return { ...page, last };
    (cut === -1 ? page.keys : page.prefixes).push(entry);
    last = entry;
  }
  return page;
}

const encodeKey = (key: string) => encodeURIComponent(key).replaceAll('%2F', '/');

/** Keys may hold what XML cannot: clients then ask for them URL-encoded. */
export function encoderOf(query: URLSearchParams): (key: string) => string {
  return query.get('encoding-type') === 'url' ? encodeKey : (key) => key;
}

function parametersOf({ query }: Call) {
  const limit = Math.min(Number(query.get('max-keys') ?? MAX_KEYS_PER_PAGE), MAX_KEYS_PER_PAGE);
  const encode = encoderOf(query);
  return { encode, limit, prefix: query.get('prefix') ?? '', delimiter: query.get('delimiter') ?? '' };
}

/** What both forms of the listing of objects have in common. */
function listCurrent(call: Call, after: string) {
  const { bucket, query } = call;
  const { encode, limit, prefix, delimiter } = parametersOf(call);
  const isListed = (key: string) => bucket.current(key) !== undefined;
  const page = paginate(bucket.keys(), isListed, { prefix, delimiter, after, limit });
  const versions = page.keys.map((key) => bucket.current(key)).filter((version) => version !== undefined);
  const result = {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    MaxKeys: limit,
    EncodingType: query.get('encoding-type') ?? undefined,
    IsTruncated: page.last !== undefined,
    Contents: versions.map((version) => ({
      Key: encode(version.key),
      LastModified: iso(version.lastModified),
      ...contentOf(version),
    })),
    CommonPrefixes: page.prefixes.map((entry) => ({ Prefix: encode(entry) })),
  };
  return { page, result, encode };
}

function contentOf({ etag, size, checksum }: Version): Record<string, unknown> {
  return {
    ETag: `"${etag}"`,
    ...(checksum && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    Size: size,
    StorageClass: 'STANDARD',
  };
}

export function listObjectsV2(call: Call): Answer {
  const { query } = call;
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString('utf8');
  const { page, result, encode } = listCurrent(call, after);
  const startAfter = query.get('start-after');
  return xmlAnswer(
    toXml('ListBucketResult', {
      ...result,
      KeyCount: page.keys.length + page.prefixes.length,
      StartAfter: startAfter === null ? undefined : encode(startAfter),
      ContinuationToken: token ?? undefined,
      NextContinuationToken: page.last === undefined ? undefined : Buffer.from(page.last).toString('base64url'),
    }),
  );
}

/** The older form, which some clients still use: markers instead of tokens. */
export function listObjects(call: Call): Answer {
  const marker = call.query.get('marker') ?? '';
  const { page, result, encode } = listCurrent(call, marker);
  return xmlAnswer(
    toXml('ListBucketResult', {
      ...result,
      Marker: encode(marker),
      NextMarker: page.last === undefined ? undefined : encode(page.last),
    }),
  );
}

/** Every version and delete marker, newest first for each key; a page may end between two versions of a key. */
export function listObjectVersions(call: Call): Answer {
  const { bucket, query } = call;
  const { encode, limit, prefix, delimiter } = parametersOf(call);
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker');
  const { keys, prefixes } = paginate(bucket.keys(), () => true, {
    prefix,
    delimiter,
    after: keyMarker,
    limit: Infinity,
  });
  const seen = bucket.versionsOf(keyMarker).findIndex(({ versionId }) => versionId === versionIdMarker);
  const begun = seen === -1 ? [] : bucket.versionsOf(keyMarker).slice(seen + 1);
  const all = [...begun, ...keys.flatMap((key) => bucket.versionsOf(key))];
  const ordered = [...all, ...prefixes].sort((a, b) => compareKeys(entryOf(a), entryOf(b)));
  const page = ordered.slice(0, limit);
  const last = page.length < ordered.length ? page.at(-1) : undefined;
  const versions = page.filter((entry) => typeof entry !== 'string');
  const element = (version: Version) => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.versionsOf(version.key)[0] === version,
    LastModified: iso(version.lastModified),
    ...(!version.isDeleteMarker && contentOf(version)),
  });
  return xmlAnswer(
    toXml('ListVersionsResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      KeyMarker: encode(keyMarker),
      MaxKeys: limit,
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: last !== undefined,
      NextKeyMarker: last === undefined ? undefined : encode(entryOf(last)),
      NextVersionIdMarker: typeof last === 'object' ? last.versionId : undefined,
      Version: versions.filter((version) => !version.isDeleteMarker).map(element),
      DeleteMarker: versions.filter((version) => version.isDeleteMarker).map(element),
      CommonPrefixes: page.filter((entry) => typeof entry === 'string').map((entry) => ({ Prefix: encode(entry) })),
    }),
  );
}

const entryOf = (entry: Version | string) => (typeof entry === 'string' ? entry : entry.key);

import { xmlAnswer, type Answer, type Call } from './call.ts';
import type { Version } from './store.ts';
import { toXml } from './xml.ts';

const PAGE = 1000;

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

interface Page<Item> {
  items: Item[];
  prefixes: string[];
  /** The last key or common prefix of a page that is not the last one. */
  last?: string;
}

/** Collects keys and common prefixes, together at most `limit`, in order, after `after`. */
function paginate<Item>(
  keys: string[],
  itemOf: (key: string) => Item[],
  options: { prefix: string; delimiter: string; after: string; limit: number },
): Page<Item> {
  const { prefix, delimiter, after, limit } = options;
  const page: Page<Item> = { items: [], prefixes: [] };
  let last = '';
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = cut === -1 ? key : key.slice(0, cut + delimiter.length);
    if (Buffer.compare(Buffer.from(entry), Buffer.from(after)) <= 0 || page.prefixes.includes(entry)) continue;
    const items = itemOf(key);
    if (items.length === 0) continue;
    if (page.items.length + page.prefixes.length >= limit) return { ...page, last };
    if (cut === -1) page.items.push(...items);
    else page.prefixes.push(entry);
    last = entry;
  }
  return page;
}

function parametersOf({ query }: Call) {
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (text: string) => text;
  const limit = Math.min(Number(query.get('max-keys') ?? PAGE), PAGE);
  return { encode, limit, prefix: query.get('prefix') ?? '', delimiter: query.get('delimiter') ?? '' };
}

const encodeKey = (key: string) => encodeURIComponent(key).replaceAll('%2F', '/');

export function listObjectsV2(call: Call): Answer {
  const { bucket, query } = call;
  const { encode, limit, prefix, delimiter } = parametersOf(call);
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString('utf8');
  const current = (key: string) => [bucket.current(key)].filter((version) => version !== undefined);
  const page = paginate<Version>(bucket.keys(), current, { prefix, delimiter, after, limit });
  return xmlAnswer(
    toXml('ListBucketResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      MaxKeys: limit,
      EncodingType: query.get('encoding-type') ?? undefined,
      KeyCount: page.items.length + page.prefixes.length,
      IsTruncated: page.last !== undefined,
      ContinuationToken: token ?? undefined,
      NextContinuationToken: page.last === undefined ? undefined : Buffer.from(page.last).toString('base64url'),
      Contents: page.items.map((version) => ({
        Key: encode(version.key),
        LastModified: iso(version.lastModified),
        ETag: `"${version.etag}"`,
        Size: version.size,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: page.prefixes.map((entry) => ({ Prefix: encode(entry) })),
    }),
  );
}

export function listObjectVersions(call: Call): Answer {
  const { bucket, query } = call;
  const { encode, limit, prefix, delimiter } = parametersOf(call);
  const after = query.get('key-marker') ?? '';
  const page = paginate<Version>(bucket.keys(), (key) => bucket.versionsOf(key), { prefix, delimiter, after, limit });
  const entry = (version: Version) => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.versionsOf(version.key)[0] === version,
    LastModified: iso(version.lastModified),
    ...(!version.isDeleteMarker && { ETag: `"${version.etag}"`, Size: version.size, StorageClass: 'STANDARD' }),
  });
  return xmlAnswer(
    toXml('ListVersionsResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      MaxKeys: limit,
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: page.last !== undefined,
      NextKeyMarker: page.last === undefined ? undefined : encode(page.last),
      Version: page.items.filter((version) => !version.isDeleteMarker).map(entry),
      DeleteMarker: page.items.filter((version) => version.isDeleteMarker).map(entry),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
}

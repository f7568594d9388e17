import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { xmlAnswer, wholeSeconds, type Answer, type Call } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { checkReadConditions, checkWriteConditions } from './conditions.ts';
import { receiveBody, receiveText } from './receive.ts';
import { notFound, S3Error } from './s3Error.ts';
import type { Version } from './store.ts';
import { fromXml, toXml } from './xml.ts';

const KEPT = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
];
const MAX_PUT = 5 * 1024 ** 3;

/** The headers of an upload that come back with every download. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (name.startsWith('x-amz-meta-') || KEPT.includes(name)) kept[name] = value;
  }
  // `aws-chunked` describes the request, not the object.
  const encoding = (kept['content-encoding'] ?? '').replace(/aws-chunked,?\s*/, '');
  if (encoding === '') delete kept['content-encoding'];
  else kept['content-encoding'] = encoding;
  return kept;
}

export async function putObject(call: Call): Promise<Answer> {
  const { bucket, key, request } = call;
  checkWriteConditions(request.headers, bucket.current(key));
  if (Number(request.headers['content-length'] ?? 0) > MAX_PUT) {
    throw new S3Error('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed object size.');
  }
  const file = bucket.newFile();
  const body = await receiveBody(request, file, call.shape());
  // Somebody else may have written the key while the body came in.
  checkWriteConditions(request.headers, bucket.current(key));
  const version: Version = {
    key,
    versionId: randomUUID(),
    isDeleteMarker: false,
    file,
    size: body.size,
    etag: body.md5.toString('hex'),
    lastModified: wholeSeconds(call.now),
    headers: keptHeaders(request.headers),
    ...(body.checksum && { checksum: body.checksum }),
  };
  bucket.add(version);
  call.created(version);
  return {
    status: 200,
    headers: { etag: `"${version.etag}"`, 'x-amz-version-id': version.versionId, ...checksumOf(version) },
  };
}

function checksumOf(version: Version): Record<string, string> {
  if (!version.checksum) return {};
  const { algorithm, value, type } = version.checksum;
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': type };
}

/** GET and HEAD. */
export function getObject(call: Call): Answer {
  const { bucket, key, query, request } = call;
  const version = bucket.find(key, query.get('versionId'));
  const headers: Record<string, string | number> = {
    ...version.headers,
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-version-id': version.versionId,
    ...(version.replicationStatus && { 'x-amz-replication-status': version.replicationStatus }),
    ...(version.partCount && query.has('partNumber') && { 'x-amz-mp-parts-count': version.partCount }),
    ...(request.headers['x-amz-checksum-mode'] === 'ENABLED' && !request.headers.range && checksumOf(version)),
  };
  for (const [name, value] of query) {
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  }
  if (checkReadConditions(request.headers, version) === 'not-modified') return { status: 304, headers };
  const range = parseRangeHeader(request.headers.range, version.size);
  const [start, end] = range ?? [0, version.size - 1];
  const length = end - start + 1;
  if (range) headers['content-range'] = `bytes ${start}-${end}/${version.size}`;
  headers['content-length'] = length;
  const empty = length === 0 || request.method === 'HEAD';
  const body = empty ? Readable.from([]) : createReadStream(version.file, { start, end });
  return { status: range ? 206 : 200, headers, body };
}

/**
 * One range of bytes, both ends included (RFC 9110, section 14). What is no valid range is ignored, as the RFC asks.
 * @throws S3Error InvalidRange (416).
 */
function parseRangeHeader(header: string | undefined, size: number): [number, number] | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = parts ?? [];
  if (!parts || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  if (start >= size || end < start) {
    throw new S3Error('InvalidRange', 416, 'The requested range is not satisfiable', {
      'content-range': `bytes */${size}`,
    });
  }
  return [start, end];
}

export function deleteObject(call: Call): Answer {
  const versionId = call.query.get('versionId');
  return { status: 204, headers: remove(call, call.key, versionId) };
}

function remove({ bucket, now }: Call, key: string, versionId: string | null): Record<string, string> {
  if (versionId !== null) {
    bucket.removeVersion(key, versionId);
    return { 'x-amz-version-id': versionId };
  }
  const marker: Version = {
    key,
    versionId: randomUUID(),
    isDeleteMarker: true,
    file: '',
    size: 0,
    etag: '',
    lastModified: wholeSeconds(now),
    headers: {},
  };
  bucket.add(marker);
  return { 'x-amz-version-id': marker.versionId, 'x-amz-delete-marker': 'true' };
}

export async function deleteObjects(call: Call): Promise<Answer> {
  const { Delete: root } = fromXml(await receiveText(call.request)) as {
    Delete?: { Object?: { Key?: string; VersionId?: string }[] };
  };
  const deleted = (root?.Object ?? []).map(({ Key = '', VersionId }) => {
    remove(call, Key, VersionId ?? null);
    return { Key, ...(VersionId !== undefined && { VersionId }) };
  });
  return xmlAnswer(toXml('DeleteResult', { Deleted: deleted }));
}

/** Copies within the bucket, as much as clients need to rename or to change metadata. */
export function copyObject(call: Call): Answer {
  const { bucket, key, request } = call;
  const source = decodeURIComponent(String(request.headers['x-amz-copy-source'])).replace(/^\//, '');
  const [path = '', versionId] = source.split('?versionId=');
  if (!path.startsWith(`${bucket.name}/`)) throw notFound(path);
  const original = bucket.find(path.slice(bucket.name.length + 1), versionId ?? null);
  const replace = request.headers['x-amz-metadata-directive'] === 'REPLACE';
  const version: Version = {
    ...original,
    key,
    versionId: randomUUID(),
    lastModified: wholeSeconds(call.now),
    headers: replace ? keptHeaders(request.headers) : original.headers,
  };
  bucket.add(version);
  call.created(version);
  const answer = xmlAnswer(
    toXml('CopyObjectResult', {
      ETag: `"${version.etag}"`,
      LastModified: new Date(version.lastModified).toISOString(),
    }),
  );
  return { ...answer, headers: { ...answer.headers, 'x-amz-version-id': version.versionId } };
}

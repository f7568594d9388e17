import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { GIB } from '../../shared/units.ts';
import { type Answer, type Call, wholeSeconds, xmlAnswer } from './call.ts';
import { checksumElement, checksumHeaders, startChecksum } from './checksums.ts';
import { checkReadConditions, checkWriteConditions } from './conditions.ts';
import { receiveBody, receiveText, storeBytes } from './receive.ts';
import type { Version } from './records.ts';
import { invalidArgument, invalidRequest, notFound, S3Error } from './s3Error.ts';
import { fromXml, toXml } from './xml.ts';

const KEPT_HEADERS = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
];
/** S3 User Guide, "Uploading objects" and "Copying objects": one request moves 5 GB at most. */
const MAX_PUT_BYTES = 5 * GIB;
const MAX_KEYS_PER_DELETE = 1000;

/** The headers of an upload that come back with every download. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (name.startsWith('x-amz-meta-') || KEPT_HEADERS.includes(name)) kept[name] = value;
  }
  // `aws-chunked` describes the request, not the object.
  const encoding = (kept['content-encoding'] ?? '').replace(/aws-chunked,?\s*/, '');
  if (encoding === '') delete kept['content-encoding'];
  else kept['content-encoding'] = encoding;
  return kept;
}

export async function putObject(call: Call): Promise<Answer> {
  const { bucket, key, request } = call;
  const order = bucket.nextOrder();
  checkWriteConditions(request.headers, bucket, key, order);
  const announced = request.headers['x-amz-decoded-content-length'] ?? request.headers['content-length'] ?? 0;
  if (Number(announced) > MAX_PUT_BYTES) {
    throw new S3Error('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed object size.');
  }
  const { piece, md5 } = await receiveBody(call);
  try {
    // The key may have been written while the body arrived.
    checkWriteConditions(request.headers, bucket, key, order);
  } catch (error) {
    await bucket.discard([piece]);
    throw error;
  }
  const version = bucket.add({
    key,
    versionId: randomUUID(),
    isDeleteMarker: false,
    pieces: [piece],
    size: piece.size,
    etag: md5,
    lastModified: wholeSeconds(call.now),
    order,
    headers: keptHeaders(request.headers),
    ...(piece.checksum && { checksum: piece.checksum }),
  });
  call.created(version);
  return {
    status: 200,
    headers: { etag: `"${version.etag}"`, 'x-amz-version-id': version.versionId, ...checksumsOf(version) },
  };
}

function checksumsOf({ checksum }: Pick<Version, 'checksum'>): Record<string, string> {
  return checksum ? { ...checksumHeaders(checksum), 'x-amz-checksum-type': checksum.type } : {};
}

/** Bytes of an object, both ends included. */
interface Span {
  start: number;
  end: number;
}

/** GET and HEAD. */
export function getObject(call: Call): Answer {
  const { bucket, key, query, request } = call;
  const version = bucket.find(key, query.get('versionId'));
  const headers = headersOf(version);
  for (const [name, value] of query) {
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  }
  if (checkReadConditions(request.headers, version) === 'not-modified') return { status: 304, headers };
  const partNumber = query.get('partNumber');
  if (partNumber !== null && request.headers.range !== undefined) {
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter');
  }
  const range = parseRangeHeader(request.headers.range, version.size);
  if (request.headers['x-amz-checksum-mode'] === 'ENABLED' && !range) {
    const part = partNumber === null ? version : { checksum: version.pieces[Number(partNumber) - 1]?.checksum };
    Object.assign(headers, checksumsOf(part.checksum ? { checksum: part.checksum } : {}));
  }
  if (partNumber !== null && version.partCount) headers['x-amz-mp-parts-count'] = version.partCount;
  const span = partNumber === null ? range : spanOfPart(version, Number(partNumber));
  const { start, end } = span ?? { start: 0, end: version.size - 1 };
  // An empty object has no bytes that a Content-Range could name.
  const isPartial = span !== undefined && end >= start;
  if (isPartial) headers['content-range'] = `bytes ${start}-${end}/${version.size}`;
  headers['content-length'] = end - start + 1;
  const status = isPartial ? 206 : 200;
  return request.method === 'HEAD' ? { status, headers } : { status, headers, body: bucket.read(version, start, end) };
}

function headersOf(version: Version): Record<string, string | number> {
  return {
    ...version.headers,
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-version-id': version.versionId,
    ...(version.replicationStatus && { 'x-amz-replication-status': version.replicationStatus }),
  };
}

/** An object that was put in one request is its own part 1. @throws S3Error InvalidPartNumber (416). */
function spanOfPart(version: Version, number: number): Span {
  if (!Number.isInteger(number) || number < 1) throw invalidArgument('Part number must be a positive integer');
  const piece = version.pieces[number - 1];
  if (!piece) throw new S3Error('InvalidPartNumber', 416, 'The requested partnumber is not satisfiable');
  const start = version.pieces.slice(0, number - 1).reduce((sum, { size }) => sum + size, 0);
  return { start, end: start + piece.size - 1 };
}

/**
 * One range of bytes (RFC 9110, section 14). What is no valid range is ignored, as the RFC asks.
 * @throws S3Error InvalidRange (416).
 */
export function parseRangeHeader(header: string | undefined, size: number): Span | undefined {
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
  return { start, end };
}

export async function deleteObject(call: Call): Promise<Answer> {
  const { marker, versionId } = await remove(call, call.key, call.query.get('versionId'));
  const headers = { 'x-amz-version-id': versionId, ...(marker && { 'x-amz-delete-marker': 'true' }) };
  return { status: 204, headers };
}

/** Without a version id a delete marker hides the key; with one, that version is gone for good. */
async function remove(
  { bucket, now }: Call,
  key: string,
  versionId: string | null,
): Promise<{ marker: boolean; versionId: string }> {
  if (versionId !== null) {
    const removed = await bucket.removeVersion(key, versionId);
    return { marker: removed?.isDeleteMarker ?? false, versionId };
  }
  const marker = bucket.add({
    key,
    versionId: randomUUID(),
    isDeleteMarker: true,
    pieces: [],
    size: 0,
    etag: '',
    lastModified: wholeSeconds(now),
    headers: {},
  });
  return { marker: true, versionId: marker.versionId };
}

export async function deleteObjects(call: Call): Promise<Answer> {
  const { Delete: root } = fromXml(await receiveText(call)) as {
    Delete?: { Object?: { Key?: string; VersionId?: string }[]; Quiet?: string };
  };
  const wanted = root?.Object ?? [];
  if (wanted.length === 0 || wanted.length > MAX_KEYS_PER_DELETE) {
    throw new S3Error('MalformedXML', 400, 'The XML you provided was not well-formed.');
  }
  const deleted: Record<string, unknown>[] = [];
  for (const { Key = '', VersionId } of wanted) {
    const { marker, versionId } = await remove(call, Key, VersionId ?? null);
    deleted.push({
      Key,
      ...(VersionId !== undefined && { VersionId }),
      ...(marker && { DeleteMarker: true, DeleteMarkerVersionId: versionId }),
    });
  }
  return xmlAnswer(toXml('DeleteResult', { Deleted: root?.Quiet === 'true' ? [] : deleted }));
}

/** What x-amz-copy-source names: a version of this bucket. @throws S3Error NoSuchKey, NoSuchVersion. */
export function copySource({ bucket, request }: Call): Version {
  const [path = '', versionId] = String(request.headers['x-amz-copy-source']).split('?versionId=');
  const source = decodeURIComponent(path).replace(/^\//, '');
  if (!source.startsWith(`${bucket.name}/`)) throw notFound(source);
  return bucket.find(source.slice(bucket.name.length + 1), versionId ?? null);
}

/** Copies within the bucket. A copy is one piece for any source, so its ETag is the MD5 of its bytes. */
export async function copyObject(call: Call): Promise<Answer> {
  const { bucket, key, request, now } = call;
  const original = copySource(call);
  const replace = request.headers['x-amz-metadata-directive'] === 'REPLACE';
  if (original.key === key && !replace) {
    throw invalidRequest('This copy request is illegal because it is trying to copy an object to itself unchanged.');
  }
  if (original.size > MAX_PUT_BYTES)
    throw invalidRequest('The specified copy source is larger than the maximum: 5368709120');
  const order = bucket.nextOrder();
  const algorithm = original.checksum?.algorithm;
  const running = algorithm && startChecksum(algorithm);
  const { piece, md5 } = await storeBytes(bucket, bucket.read(original), (chunk) => running?.update(chunk));
  const value = await running?.digest();
  const version = bucket.add({
    key,
    versionId: randomUUID(),
    isDeleteMarker: false,
    pieces: [piece],
    size: piece.size,
    etag: md5,
    lastModified: wholeSeconds(now),
    order,
    headers: replace ? keptHeaders(request.headers) : original.headers,
    ...(algorithm && value !== undefined && { checksum: { algorithm, value, type: 'FULL_OBJECT' } }),
  });
  call.created(version);
  const { etag, lastModified, checksum } = version;
  return xmlAnswer(
    toXml('CopyObjectResult', {
      ETag: `"${etag}"`,
      LastModified: new Date(lastModified).toISOString(),
      ...checksumElement(checksum),
    }),
    { 'x-amz-version-id': version.versionId, 'x-amz-copy-source-version-id': original.versionId },
  );
}

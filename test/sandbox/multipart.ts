import { createHash, randomUUID } from 'node:crypto';
import { MIB } from '../../shared/units.ts';
import { type Answer, type Call, wholeSeconds, xmlAnswer } from './call.ts';
import { checksumElement, checksumHeader, checksumHeaders, startChecksum } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { compareKeys } from './keyOrder.ts';
import { encoderOf } from './listing.ts';
import { copySource, keptHeaders, parseRangeHeader } from './objects.ts';
import { receiveBody, receiveText, storeBytes, type StoredBytes } from './receive.ts';
import {
  type Checksum,
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  type MultipartUpload,
  type Part,
} from './records.ts';
import { badDigest, invalidArgument, invalidRequest, noSuchUpload, S3Error } from './s3Error.ts';
import type { Bucket } from './store.ts';
import { fromXml, toXml } from './xml.ts';

/** S3 User Guide, "Amazon S3 multipart upload limits". */
const MIN_PART_BYTES = 5 * MIB;
const MAX_PARTS = 10_000;
const MAX_ENTRIES_PER_PAGE = 1000;

export function createMultipartUpload({ bucket, key, request, now }: Call): Answer {
  const checksum = checksumOf(request.headers);
  const upload: MultipartUpload = {
    uploadId: randomUUID(),
    key,
    initiated: now,
    order: bucket.nextOrder(),
    headers: keptHeaders(request.headers),
    ...(checksum && { checksumAlgorithm: checksum.algorithm, checksumType: checksum.type }),
    parts: new Map(),
  };
  bucket.addUpload(upload);
  return xmlAnswer(
    toXml('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: upload.uploadId }),
    checksum && { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type },
  );
}

/** S3 User Guide, "Checking object integrity": which algorithm can speak for the whole, and which for the parts only. */
function checksumOf(headers: Call['request']['headers']): Omit<Checksum, 'value'> | undefined {
  const wanted = String(headers['x-amz-checksum-algorithm'] ?? '').toUpperCase();
  const algorithm = CHECKSUM_ALGORITHMS.find((name) => name === wanted);
  if (!algorithm) {
    if (wanted === '') return undefined;
    throw new S3Error('NotImplemented', 501, `${wanted} checksums are not part of the sample storage.`);
  }
  const byDefault = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const type = headers['x-amz-checksum-type'] ?? byDefault;
  const possible = algorithm === 'CRC32' ? ['FULL_OBJECT', 'COMPOSITE'] : [byDefault];
  if (!possible.includes(String(type))) {
    throw invalidRequest(`The ${String(type)} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  }
  return { algorithm, type: type === 'FULL_OBJECT' ? 'FULL_OBJECT' : 'COMPOSITE' };
}

const uploadOf = ({ bucket, key, query }: Call) => bucket.upload(query.get('uploadId') ?? '', key);

export async function uploadPart(call: Call): Promise<Answer> {
  const upload = uploadOf(call);
  const number = partNumberOf(call);
  const stored = await receiveBody(call);
  try {
    checkPartChecksum(upload, stored.piece.checksum);
  } catch (error) {
    await call.bucket.discard([stored.piece]);
    throw error;
  }
  const part = await addPart(call, upload, number, stored);
  return { status: 200, headers: { etag: `"${part.etag}"`, ...checksumHeaders(part.checksum) } };
}

/** A part whose bytes are there already: a range of another object of the bucket. */
export async function uploadPartCopy(call: Call): Promise<Answer> {
  const { bucket, request } = call;
  const upload = uploadOf(call);
  const number = partNumberOf(call);
  const original = copySource(call);
  const range = request.headers['x-amz-copy-source-range'];
  const span = parseRangeHeader(typeof range === 'string' ? range : undefined, original.size);
  const { checksumAlgorithm: algorithm } = upload;
  const running = algorithm && startChecksum(algorithm);
  const bytes = span ? bucket.read(original, span.start, span.end) : bucket.read(original);
  const stored = await storeBytes(bucket, bytes, (chunk) => running?.update(chunk));
  const value = await running?.digest();
  if (algorithm && value !== undefined) stored.piece.checksum = { algorithm, value, type: 'FULL_OBJECT' };
  const part = await addPart(call, upload, number, stored);
  return xmlAnswer(
    toXml('CopyPartResult', {
      ETag: `"${part.etag}"`,
      LastModified: new Date(part.lastModified).toISOString(),
      ...checksumElement(part.checksum),
    }),
  );
}

function partNumberOf({ query }: Call): number {
  const number = Number(query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(`Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`);
}

async function addPart(call: Call, upload: MultipartUpload, number: number, stored: StoredBytes): Promise<Part> {
  const part: Part = { ...stored.piece, number, etag: stored.md5, lastModified: wholeSeconds(call.now) };
  await call.bucket.addPart(upload.uploadId, part);
  return part;
}

/** Where the checksum of the object is made of those of its parts, each part has to bring one. */
function checkPartChecksum(upload: MultipartUpload, checksum: Checksum | undefined): void {
  const { checksumAlgorithm: expected, checksumType } = upload;
  if (expected === undefined || checksum?.algorithm === expected) return;
  if (checksum === undefined && checksumType === 'FULL_OBJECT') return;
  const actual = checksum?.algorithm.toLowerCase() ?? 'null';
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${actual}`,
  );
}

export function listParts(call: Call): Answer {
  const upload = uploadOf(call);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const limit = Math.min(Number(call.query.get('max-parts') ?? MAX_ENTRIES_PER_PAGE), MAX_ENTRIES_PER_PAGE);
  const after = [...upload.parts.values()].sort((a, b) => a.number - b.number).filter(({ number }) => number > marker);
  const page = after.slice(0, limit);
  return xmlAnswer(
    toXml('ListPartsResult', {
      Bucket: call.bucket.name,
      Key: upload.key,
      UploadId: upload.uploadId,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? 0,
      MaxParts: limit,
      IsTruncated: page.length < after.length,
      ChecksumAlgorithm: upload.checksumAlgorithm,
      ChecksumType: upload.checksumType,
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.lastModified).toISOString(),
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...checksumElement(part.checksum),
      })),
    }),
  );
}

/** In the order of keys, and of their beginnings for one key; pages by both markers. */
export function listMultipartUploads(call: Call): Answer {
  const { bucket, query } = call;
  const encode = encoderOf(query);
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const marked = bucket.uploads.get(query.get('upload-id-marker') ?? '');
  const limit = Math.min(Number(query.get('max-uploads') ?? MAX_ENTRIES_PER_PAGE), MAX_ENTRIES_PER_PAGE);
  const isAfter = ({ key, order }: MultipartUpload) => {
    const sign = compareKeys(key, keyMarker);
    return sign > 0 || (sign === 0 && marked !== undefined && order > marked.order);
  };
  const after = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && isAfter(upload))
    .sort((a, b) => compareKeys(a.key, b.key) || a.order - b.order);
  const page = after.slice(0, limit);
  const isTruncated = page.length < after.length;
  return xmlAnswer(
    toXml('ListMultipartUploadsResult', {
      Bucket: bucket.name,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker),
      EncodingType: query.get('encoding-type') ?? undefined,
      MaxUploads: limit,
      IsTruncated: isTruncated,
      NextKeyMarker: isTruncated ? encode(page.at(-1)?.key ?? '') : undefined,
      NextUploadIdMarker: isTruncated ? page.at(-1)?.uploadId : undefined,
      Upload: page.map(({ key, uploadId, initiated, checksumAlgorithm, checksumType }) => ({
        Key: encode(key),
        UploadId: uploadId,
        Initiated: new Date(initiated).toISOString(),
        StorageClass: 'STANDARD',
        ...(checksumAlgorithm && { ChecksumAlgorithm: checksumAlgorithm, ChecksumType: checksumType }),
      })),
    }),
  );
}

export async function abortMultipartUpload(call: Call): Promise<Answer> {
  await call.bucket.closeUpload(uploadOf(call).uploadId, []);
  return { status: 204 };
}

/** The parts stay the files they are: completing an upload moves no bytes. */
export async function completeMultipartUpload(call: Call): Promise<Answer> {
  const { bucket, key, request } = call;
  const upload = uploadOf(call);
  const parts = chosenParts(upload, await receiveText(call));
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  checkAnnouncedSize(request.headers['x-amz-mp-object-size'], size);
  checkAnnouncedType(request.headers['x-amz-checksum-type'], upload);
  const checksum = await checksumOfWhole(bucket, upload, parts);
  const announced = checksum && request.headers[checksumHeader(checksum.algorithm)];
  if (checksum && announced !== undefined && announced !== checksum.value) throw badDigest(checksum.algorithm);
  // From here to the new version nothing waits, so that of two writers one wins.
  checkWriteConditions(request.headers, bucket, key, upload.order);
  if (!bucket.uploads.has(upload.uploadId)) throw noSuchUpload();
  const version = bucket.add({
    key,
    versionId: randomUUID(),
    isDeleteMarker: false,
    pieces: parts.map(({ file, size: bytes, checksum: own }) => ({ file, size: bytes, ...(own && { checksum: own }) })),
    size,
    etag: etagOf(parts),
    // S3 User Guide, "Multipart upload process": the time and the place among the versions are those of the beginning.
    lastModified: wholeSeconds(upload.initiated),
    order: upload.order,
    headers: upload.headers,
    partCount: parts.length,
    ...(checksum && { checksum }),
  });
  const closed = bucket.closeUpload(upload.uploadId, version.pieces);
  call.created(version);
  await closed;
  return xmlAnswer(
    toXml('CompleteMultipartUploadResult', {
      Bucket: bucket.name,
      Key: key,
      ETag: `"${version.etag}"`,
      ...checksumElement(checksum),
      ...(checksum && { ChecksumType: checksum.type }),
    }),
    { 'x-amz-version-id': version.versionId },
  );
}

type ListedPart = { PartNumber?: string; ETag?: string } & Partial<Record<`Checksum${ChecksumAlgorithm}`, string>>;

function chosenParts(upload: MultipartUpload, document: string): Part[] {
  const { CompleteMultipartUpload: root } = fromXml(document) as { CompleteMultipartUpload?: { Part?: ListedPart[] } };
  const listed = root?.Part ?? [];
  if (listed.length === 0) throw invalidRequest('You must specify at least one part');
  let previous = 0;
  return listed.map((entry, index) => {
    const number = Number(entry.PartNumber);
    if (number <= previous) throw new S3Error('InvalidPartOrder', 400, 'The list of parts was not in ascending order.');
    previous = number;
    const part = chosenPart(upload, entry, number);
    if (part.size < MIN_PART_BYTES && index < listed.length - 1) {
      throw new S3Error('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size');
    }
    return part;
  });
}

function chosenPart(upload: MultipartUpload, entry: ListedPart, number: number): Part {
  const { checksumAlgorithm: algorithm, checksumType } = upload;
  const announced = algorithm && entry[`Checksum${algorithm}`];
  if (checksumType === 'COMPOSITE' && announced === undefined) {
    throw invalidRequest(
      `The upload was created using a ${String(algorithm).toLowerCase()} checksum. The complete request must include ` +
        `the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  const part = upload.parts.get(number);
  const isKnown = part?.etag === (entry.ETag ?? '').replaceAll(/&#34;|&quot;|"/g, '');
  const isWhole = announced === undefined || part?.checksum === undefined || part.checksum.value === announced;
  if (part && isKnown && isWhole) return part;
  throw new S3Error('InvalidPart', 400, `Part ${number} could not be found, or its ETag or checksum did not match.`);
}

function checkAnnouncedSize(announced: string | string[] | undefined, size: number): void {
  if (announced === undefined || Number(announced) === size) return;
  throw invalidRequest(`The provided 'x-amz-mp-object-size' header does not match what was computed.`);
}

/** The API Reference names BadDigest for it; this is what S3 answers. */
function checkAnnouncedType(announced: string | string[] | undefined, { checksumType }: MultipartUpload): void {
  if (announced === undefined || announced === checksumType) return;
  throw invalidRequest(
    `The upload was created using the ${checksumType ?? 'null'} checksum mode. ` +
      'The complete request must use the same checksum mode.',
  );
}

/** MD5 over the parts' MD5s, a dash and their number: what S3 gives a multipart object. */
function etagOf(parts: Part[]): string {
  const md5s = Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex')));
  return `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`;
}

async function checksumOfWhole(
  bucket: Bucket,
  upload: MultipartUpload,
  parts: readonly Part[],
): Promise<Checksum | undefined> {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  if (!algorithm || !type) return undefined;
  const running = startChecksum(algorithm);
  if (type === 'COMPOSITE') {
    for (const part of parts) running.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
    return { algorithm, value: `${await running.digest()}-${parts.length}`, type };
  }
  for await (const chunk of bucket.readPieces(parts)) running.update(chunk);
  return { algorithm, value: await running.digest(), type };
}

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { xmlAnswer, wholeSeconds, type Answer, type Call } from './call.ts';
import { ALGORITHMS, checksumHeader, startChecksum } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { keptHeaders } from './objects.ts';
import { receiveBody, receiveText } from './receive.ts';
import { badDigest, invalidRequest, noSuchUpload, S3Error } from './s3Error.ts';
import type { Checksum, MultipartUpload, Part, Version } from './store.ts';
import { fromXml, toXml } from './xml.ts';

/** S3 User Guide, "Amazon S3 multipart upload limits". */
const MIN_PART = 5 * 1024 ** 2;
const MAX_PARTS = 10_000;
const PAGE = 1000;

export function createMultipartUpload(call: Call): Answer {
  const { bucket, key, request, now } = call;
  const wanted = String(request.headers['x-amz-checksum-algorithm'] ?? '').toUpperCase();
  const algorithm = ALGORITHMS.find((name) => name === wanted);
  const type = request.headers['x-amz-checksum-type'] === 'FULL_OBJECT' || algorithm === 'CRC64NVME';
  const upload: MultipartUpload = {
    uploadId: randomUUID(),
    key,
    initiated: now,
    headers: keptHeaders(request.headers),
    ...(algorithm && { checksumAlgorithm: algorithm, checksumType: type ? 'FULL_OBJECT' : 'COMPOSITE' }),
    parts: new Map(),
  };
  bucket.uploads.set(upload.uploadId, upload);
  const answer = xmlAnswer(
    toXml('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: upload.uploadId }),
  );
  return algorithm ? { ...answer, headers: { ...answer.headers, 'x-amz-checksum-algorithm': algorithm } } : answer;
}

const uploadOf = ({ bucket, key, query }: Call) => bucket.upload(query.get('uploadId') ?? '', key);

export async function uploadPart(call: Call): Promise<Answer> {
  const upload = uploadOf(call);
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
    throw new S3Error('InvalidArgument', 400, `Part number must be an integer between 1 and ${MAX_PARTS}`);
  }
  const file = call.bucket.newFile();
  const body = await receiveBody(call.request, file, call.shape());
  if (!call.bucket.uploads.has(upload.uploadId)) {
    await rm(file, { force: true });
    throw noSuchUpload();
  }
  const part: Part = {
    number,
    file,
    size: body.size,
    etag: body.md5.toString('hex'),
    lastModified: call.now,
    ...(body.checksum && { checksum: body.checksum }),
  };
  const replaced = upload.parts.get(number);
  upload.parts.set(number, part);
  if (replaced) await rm(replaced.file, { force: true });
  return { status: 200, headers: { etag: `"${part.etag}"`, ...checksumHeaders(part.checksum) } };
}

function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [checksumHeader(checksum.algorithm)]: checksum.value } : {};
}

const checksumElement = (checksum: Checksum | undefined) =>
  checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value } : {};

export function listParts(call: Call): Answer {
  const upload = uploadOf(call);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const limit = Math.min(Number(call.query.get('max-parts') ?? PAGE), PAGE);
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

export function listMultipartUploads({ bucket, query }: Call): Answer {
  const prefix = query.get('prefix') ?? '';
  const uploads = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix));
  return xmlAnswer(
    toXml('ListMultipartUploadsResult', {
      Bucket: bucket.name,
      Prefix: prefix,
      MaxUploads: PAGE,
      IsTruncated: false,
      Upload: uploads.map(({ key, uploadId, initiated }) => ({
        Key: key,
        UploadId: uploadId,
        Initiated: new Date(initiated).toISOString(),
        StorageClass: 'STANDARD',
      })),
    }),
  );
}

export async function abortMultipartUpload(call: Call): Promise<Answer> {
  const upload = uploadOf(call);
  call.bucket.uploads.delete(upload.uploadId);
  for (const part of upload.parts.values()) await rm(part.file, { force: true });
  return { status: 204 };
}

export async function completeMultipartUpload(call: Call): Promise<Answer> {
  const upload = uploadOf(call);
  const { bucket, key, request } = call;
  const parts = chosenParts(upload, await receiveText(request));
  checkWriteConditions(request.headers, bucket.current(key));
  const file = bucket.newFile();
  const checksum = await join(upload, parts, file);
  const announced = checksum && request.headers[checksumHeader(checksum.algorithm)];
  if (typeof announced === 'string' && announced !== checksum?.value) {
    await rm(file, { force: true });
    throw badDigest(checksum?.algorithm ?? 'checksum');
  }
  if (!bucket.uploads.delete(upload.uploadId)) throw noSuchUpload();
  for (const part of upload.parts.values()) await rm(part.file, { force: true });
  const version: Version = {
    key,
    versionId: randomUUID(),
    isDeleteMarker: false,
    file,
    size: parts.reduce((sum, part) => sum + part.size, 0),
    etag: etagOf(parts),
    lastModified: wholeSeconds(upload.initiated),
    headers: upload.headers,
    partCount: parts.length,
    ...(checksum && { checksum }),
  };
  bucket.add(version);
  call.created(version);
  const answer = xmlAnswer(
    toXml('CompleteMultipartUploadResult', {
      Bucket: bucket.name,
      Key: key,
      ETag: `"${version.etag}"`,
      ...checksumElement(checksum),
      ...(checksum && { ChecksumType: checksum.type }),
    }),
  );
  return { ...answer, headers: { ...answer.headers, 'x-amz-version-id': version.versionId } };
}

function chosenParts(upload: MultipartUpload, document: string): Part[] {
  const { CompleteMultipartUpload: root } = fromXml(document) as {
    CompleteMultipartUpload?: { Part?: { PartNumber?: string; ETag?: string }[] };
  };
  const listed = root?.Part ?? [];
  if (listed.length === 0) throw invalidRequest('You must specify at least one part');
  let previous = 0;
  return listed.map(({ PartNumber, ETag = '' }, index) => {
    const number = Number(PartNumber);
    if (number <= previous) throw new S3Error('InvalidPartOrder', 400, 'The list of parts was not in ascending order.');
    previous = number;
    const part = upload.parts.get(number);
    if (part?.etag !== ETag.replaceAll(/&#34;|&quot;|"/g, '')) {
      throw new S3Error('InvalidPart', 400, `Part ${number} could not be found or its ETag did not match.`);
    }
    if (part.size < MIN_PART && index < listed.length - 1) {
      throw new S3Error('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size');
    }
    return part;
  });
}

/** MD5 over the parts' MD5s, a dash and their number: what S3 gives a multipart object. */
function etagOf(parts: Part[]): string {
  const md5s = Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex')));
  return `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`;
}

async function join(upload: MultipartUpload, parts: Part[], file: string): Promise<Checksum | undefined> {
  const algorithm = upload.checksumAlgorithm;
  const whole = algorithm && upload.checksumType === 'FULL_OBJECT' ? startChecksum(algorithm) : undefined;
  for (const part of parts) {
    const source = createReadStream(part.file, { highWaterMark: 1024 ** 2 });
    if (whole) source.on('data', (chunk) => whole.update(Buffer.from(chunk)));
    await pipeline(source, createWriteStream(file, { flags: 'a' }));
  }
  if (!algorithm) return undefined;
  if (whole) return { algorithm, value: await whole.digest(), type: 'FULL_OBJECT' };
  const composite = startChecksum(algorithm);
  for (const part of parts) composite.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
  return { algorithm, value: `${await composite.digest()}-${parts.length}`, type: 'COMPOSITE' };
}

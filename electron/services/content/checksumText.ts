/** Bytes of each digest that S3 stores (S3 User Guide, "Checking object integrity in Amazon S3"). */
const DIGEST_BYTES = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, MD5: 16, SHA1: 20, SHA256: 32, SHA512: 64 } as const;

export interface ChecksumText {
  /** Base64, without the number of parts. */
  digest: string;
  /** Number of parts whose digests it covers, where the value has it. */
  parts?: number;
}

/**
 * Parses a checksum of a storage's answer; `undefined` for an invalid one: empty, cut off, or not base64 of the right
 * length. An invalid checksum proves nothing and disproves nothing.
 */
export function parseChecksum(
  algorithm: keyof typeof DIGEST_BYTES,
  value: string | undefined,
): ChecksumText | undefined {
  const [, digest = '', parts] = /^([A-Za-z0-9+/]+={0,2})(?:-([1-9]\d{0,8}))?$/.exec(value ?? '') ?? [];
  const bytes = Buffer.from(digest, 'base64');
  if (bytes.length !== DIGEST_BYTES[algorithm] || bytes.toString('base64') !== digest) return undefined;
  return { digest, ...(parts !== undefined && { parts: Number(parts) }) };
}

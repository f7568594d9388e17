import { parseChecksum } from './checksumText.ts';
import { crc32, toBase64 } from './crc32.ts';

/** The CRC-32 of one content in both kinds that S3 stores. Base64. */
export interface Checksums {
  /** Of all bytes. */
  crc32: string;
  /** Of the parts' checksums, with the number of parts; some storages leave the number out. */
  composite: string;
}

/** The CRC-32 in a storage's answer: of at most one kind, none where it stores none. Base64. */
export type StoredChecksum = Partial<Checksums>;

interface Answer {
  ChecksumCRC32?: string | undefined;
  ChecksumType?: string | undefined;
}

const CRC_BYTES = 4;

/**
 * The composite checksum of an object: the CRC-32 over the parts' checksums in a row, a dash and their number (S3 User
 * Guide, "Checking object integrity in Amazon S3").
 *
 * @param parts the CRC-32 of each part, in order.
 */
export function compositeOf(parts: readonly number[]): string {
  return `${compositeCrc32Of(parts)}-${parts.length}`;
}

/** As compositeOf, without the number of parts. */
export function compositeCrc32Of(parts: readonly number[]): string {
  const row = Buffer.alloc(parts.length * CRC_BYTES);
  parts.forEach((part, index) => row.writeUInt32BE(part, index * CRC_BYTES));
  return toBase64(crc32(row));
}

/** Calculates the composite checksum of bytes in chunks of any size. */
export class CompositeCrc32 {
  readonly #partSize: number;
  readonly #parts: number[] = [];
  #current = 0;
  #filled = 0;

  /** @param partSize bytes of every part but the last. */
  constructor(partSize: number) {
    this.#partSize = partSize;
  }

  update(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length;) {
      if (this.#filled === this.#partSize) this.#close();
      const piece = bytes.subarray(taken, taken + this.#partSize - this.#filled);
      this.#current = crc32(piece, this.#current);
      this.#filled += piece.length;
      taken += piece.length;
    }
  }

  /** Digest of the bytes so far; no bytes are one empty part. */
  digest(): string {
    return compositeOf([...this.#parts, this.#current]);
  }

  #close(): void {
    this.#parts.push(this.#current);
    this.#current = 0;
    this.#filled = 0;
  }
}

/**
 * The stored checksum by its declared type; without one, a dash marks a composite checksum. Invalid values count as
 * absent: proxies empty or cut headers.
 */
export function storedChecksumOf(answer: Answer): StoredChecksum {
  const checksum = parseChecksum('CRC32', answer.ChecksumCRC32);
  if (!checksum) return {};
  const { digest, parts } = checksum;
  if (parts !== undefined) return { composite: `${digest}-${parts}` };
  return answer.ChecksumType === 'COMPOSITE' ? { composite: digest } : { crc32: digest };
}

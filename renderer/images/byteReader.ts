import { damaged, PictureError } from './picture.ts';

/** Reads numbers one after the other; beyond the end it throws what is missing. */
export class ByteReader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  isLittle: boolean;
  at: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, isLittle: boolean, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.isLittle = isLittle;
    this.at = at;
  }

  /** @throws PictureError short when there are fewer bytes from here on */
  need(length: number): void {
    if (!(length >= 0)) throw damaged('length');
    if (this.at + length > this.bytes.length)
      throw new PictureError({ is: 'short', bytes: this.bytes.length, needed: this.at + length });
  }

  u8(): number {
    this.need(1);
    return this.#view.getUint8(this.at++);
  }

  u16(): number {
    this.need(2);
    this.at += 2;
    return this.#view.getUint16(this.at - 2, this.isLittle);
  }

  u32(): number {
    this.need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4, this.isLittle);
  }

  i32(): number {
    return this.u32() | 0;
  }

  f32(): number {
    this.need(4);
    this.at += 4;
    return this.#view.getFloat32(this.at - 4, this.isLittle);
  }

  f64(): number {
    this.need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, this.isLittle);
  }

  /** An unsigned number of 64 bits; one that JavaScript cannot hold exactly becomes too large for any file. */
  u64(): number {
    this.need(8);
    this.at += 8;
    return Number(this.#view.getBigUint64(this.at - 8, this.isLittle));
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array<ArrayBuffer> {
    this.need(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  latin1(length: number): string {
    return String.fromCharCode(...this.take(length));
  }

  /** Text up to a zero byte, which is read too. @throws PictureError damaged when there is none within `most` bytes */
  cString(most: number, where: string): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end === -1) this.need(most + 1);
    if (end === -1 || end - this.at > most) throw damaged(where);
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }
}

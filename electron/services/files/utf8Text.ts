import { TextDecoder } from 'node:util';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a file that this program wrote. Other bytes are no such file: decoded with replacement characters, its paths and
 * keys would be others, and saved again the right ones would be lost.
 *
 * @throws TypeError for bytes that are no UTF-8
 */
export function utf8Text(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

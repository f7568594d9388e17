import { TextDecoder } from 'node:util';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes a file that this program wrote. Invalid bytes are an error: replacement characters would change its paths and
 * keys, and the next write would lose the right ones.
 *
 * @throws TypeError for bytes that are not UTF-8
 */
export function utf8Text(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

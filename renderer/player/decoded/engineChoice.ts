import type { PlayerFailure } from '../playerLink.ts';

/** Files that no media element played, the last ones: they are not tried there again while the window is open. */
const decodedHere = new Set<string>();
const MAX_KNOWN = 500;

export function isDecodedHere(key: string): boolean {
  return decodedHere.has(key);
}

export function decodeHere(key: string): void {
  const [oldest] = decodedHere;
  if (decodedHere.size >= MAX_KNOWN && oldest !== undefined) decodedHere.delete(oldest);
  decodedHere.add(key);
}

/** A media element could not play what is there whole: its picture may be one that is decoded here. */
export function mayBeDecoded(failure: PlayerFailure | undefined): boolean {
  if (failure?.kind !== 'media' || failure.fault === 'network') return false;
  return failure.report?.code === 'codec-unsupported';
}

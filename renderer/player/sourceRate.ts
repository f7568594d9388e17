import { SECOND_MS } from '../../shared/units.ts';
import { isForeign, rangeInit } from './reader/rangeRequest.ts';

/** A source that gives less than is asked for is measured for so long. */
const MEASURE_MS = 2.5 * SECOND_MS;

/**
 * Bytes a second that a link gives of a range, the wait for its first byte included; undefined where it gives no such range.
 * Never rejects.
 */
export async function measureRate(
  url: string,
  { start, end }: { start: number; end: number },
  ask: typeof fetch = fetch,
): Promise<number | undefined> {
  const ends = new AbortController();
  const timer = setTimeout(() => ends.abort(), MEASURE_MS);
  const began = performance.now();
  let bytes = 0;
  try {
    const answer = await ask(url, { ...rangeInit(start, end), signal: ends.signal });
    if (answer.status !== 206 || isForeign(answer.headers)) return undefined;
    const reader = answer.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += (value as Uint8Array).length;
    }
  } catch {
    if (!ends.signal.aborted) return undefined;
  } finally {
    clearTimeout(timer);
    ends.abort();
  }
  return (bytes / Math.max(1, performance.now() - began)) * SECOND_MS;
}

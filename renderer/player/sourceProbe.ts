/** Long enough for a busy storage, short enough for somebody who looks at a still picture. Milliseconds. */
const PROBE_LIMIT = 5000;

/**
 * Whether a link gives its bytes. Chromium calls a refused or vanished URL a "source not supported", just as it calls an
 * unknown codec: one byte of the link tells them apart. Answers `refuses` for 4xx and 5xx and for a network that fails
 * or does not answer in 5 seconds. Never rejects.
 */
export async function probeSource(url: string, ask: typeof fetch = fetch): Promise<'answers' | 'refuses'> {
  try {
    const answer = await ask(url, {
      headers: { Range: 'bytes=0-0' },
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(PROBE_LIMIT),
    });
    // A storage that knows no ranges would send the whole file: the head of the answer is enough.
    await answer.body?.cancel();
    return answer.ok ? 'answers' : 'refuses';
  } catch {
    return 'refuses';
  }
}

import { expect, it, vi } from 'vitest';
import { probeSource } from '../../../../renderer/player/sourceProbe.ts';

const answering = (status: number) => vi.fn(() => Promise.resolve(new Response('x', { status })));

it.each([200, 206])('%i: the source gives its bytes, so it is the codec', async (status) => {
  expect(await probeSource('https://bucket/key', answering(status))).toBe('answers');
});

it.each([403, 404, 500, 503])('%i: it is the source', async (status) => {
  expect(await probeSource('https://bucket/key', answering(status))).toBe('refuses');
});

it('a network that fails is the source too', async () => {
  expect(await probeSource('https://bucket/key', () => Promise.reject(new TypeError('Failed to fetch')))).toBe(
    'refuses',
  );
});

it('asks for one byte', async () => {
  const ask = answering(206);
  await probeSource('https://bucket/key', ask);
  expect(ask).toHaveBeenCalledWith('https://bucket/key', expect.objectContaining({ headers: { Range: 'bytes=0-0' } }));
});

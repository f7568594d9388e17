import { DecoderPool, type DecoderWorker } from './decoderPool.ts';

const MAX_WORKERS = 4;

/** The decoders of the window: one fewer than the machine has processors, as the window needs one itself. */
export function createDecoderPool(): DecoderPool {
  return new DecoderPool({
    makeWorker: () => new Worker(new URL('./pictureWorker.ts', import.meta.url), { type: 'module' }) as DecoderWorker,
    size: Math.min(MAX_WORKERS, Math.max(1, navigator.hardwareConcurrency - 1)),
  });
}

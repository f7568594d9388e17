import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { DecoderPool, type DecoderWorker } from '../../../../renderer/images/decoderPool.ts';
import { type DecoderRequest, DecoderServer } from '../../../../renderer/images/decoderServer.ts';

const folder = join(import.meta.dirname, '../../../fixtures/pictures');

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder, name)));
}

/** A worker whose server runs here, or that keeps silent. */
class HereWorker implements DecoderWorker {
  onmessage: DecoderWorker['onmessage'] = null;
  onerror: DecoderWorker['onerror'] = null;
  readonly received: DecoderRequest[] = [];
  readonly terminate = vi.fn(() => {
    this.onmessage = null;
  });
  readonly #server: DecoderServer | undefined;

  constructor(isSilent: boolean) {
    this.#server = isSilent ? undefined : new DecoderServer((answer) => this.onmessage?.({ data: answer }));
  }

  postMessage(request: DecoderRequest): void {
    this.received.push(request);
    this.#server?.receive(request);
  }
}

function poolOf(size: number, { silent = [] as number[], timeoutMs = 60_000 } = {}) {
  const workers: HereWorker[] = [];
  const pool = new DecoderPool({
    makeWorker: () => {
      const worker = new HereWorker(silent.includes(workers.length));
      workers.push(worker);
      return worker;
    },
    size,
    timeoutMs,
  });
  return { pool, workers };
}

describe('the decoders', () => {
  it('decode side by side in as many workers as they may, and no more', async () => {
    const { pool, workers } = poolOf(2);
    const bytes = await Promise.all(Array.from({ length: 7 }, () => bytesOf('zip_half.exr')));
    const pictures = await Promise.all(bytes.map((file) => pool.decode(file)));
    expect(pictures.map(({ format }) => format)).toEqual(Array.from({ length: 7 }, () => 'EXR, ZIP, half'));
    expect(workers).toHaveLength(2);
  });

  it('decode the layer that is asked for', async () => {
    const { pool } = poolOf(1);
    const { layer, channels } = await pool.decode(await bytesOf('layers.exr'), '0/diffuse');
    expect([layer, channels.map(({ name }) => name)]).toEqual(['0/diffuse', ['B', 'G', 'R']]);
  });

  it('say what is wrong with a file, and go on with the next', async () => {
    const { pool, workers } = poolOf(1);
    const cut = (await bytesOf('rgb16_big.dpx')).slice(0, 3000);
    const whole = await bytesOf('none_8.tif');
    const [failed, next] = await Promise.allSettled([pool.decode(cut), pool.decode(whole)]);
    expect(failed).toMatchObject({ reason: { fault: { is: 'short', bytes: 3000 } } });
    expect(next.status).toBe('fulfilled');
    expect(workers).toHaveLength(1);
  });

  it('replace a worker that does not answer in time', async () => {
    const { pool, workers } = poolOf(1, { silent: [0], timeoutMs: 20 });
    const files = [await bytesOf('zip_half.exr'), await bytesOf('zip_half.exr')];
    const [hung, next] = await Promise.allSettled(files.map((file) => pool.decode(file)));
    expect(hung).toMatchObject({ reason: { fault: { is: 'stopped' } } });
    expect(workers[0]?.terminate).toHaveBeenCalledOnce();
    expect(workers.length).toBeGreaterThan(1);
    // On a slow machine the second may be too late as well; what counts is that it was tried anew.
    if (next?.status === 'fulfilled') expect(next.value.format).toBe('EXR, ZIP, half');
  });

  it('replace a worker that breaks down', async () => {
    const { pool, workers } = poolOf(1, { silent: [0] });
    const first = pool.decode(await bytesOf('zip_half.exr'));
    const second = pool.decode(await bytesOf('zip_half.exr'));
    workers[0]?.onerror?.(new Event('error') as ErrorEvent);
    await expect(first).rejects.toMatchObject({ fault: { is: 'stopped' } });
    expect((await second).format).toBe('EXR, ZIP, half');
    expect(workers).toHaveLength(2);
  });

  it('give up what is not wanted any more, waiting or under way', async () => {
    const { pool, workers } = poolOf(1, { silent: [0] });
    const ends = [new AbortController(), new AbortController()] as const;
    const files = [await bytesOf('zip_half.exr'), await bytesOf('zip_half.exr')] as const;
    const running = pool.decode(files[0], undefined, ends[0].signal);
    const waiting = pool.decode(files[1], undefined, ends[1].signal);
    const reason = new Error('elsewhere');
    for (const end of ends) end.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(workers[0]?.received.map((request) => 'cancel' in request)).toEqual([false, true]);
  });

  it('end all at once', async () => {
    const { pool, workers } = poolOf(1, { silent: [0] });
    const running = pool.decode(await bytesOf('zip_half.exr'));
    const waiting = pool.decode(await bytesOf('zip_half.exr'));
    pool.dispose();
    await expect(running).rejects.toMatchObject({ fault: { is: 'stopped' } });
    await expect(waiting).rejects.toMatchObject({ fault: { is: 'stopped' } });
    expect(workers[0]?.terminate).toHaveBeenCalledOnce();
  });
});

describe('a worker', () => {
  it('answers a picture that was cancelled before its turn', async () => {
    const answers: unknown[] = [];
    const answered = Promise.withResolvers<undefined>();
    const server = new DecoderServer((answer) => {
      answers.push(answer);
      if (answers.length === 2) answered.resolve(undefined);
    });
    server.receive({ id: 1, bytes: await bytesOf('zip_half.exr') });
    server.receive({ id: 2, bytes: await bytesOf('zip_half.exr') });
    server.receive({ id: 2, cancel: true });
    await answered.promise;
    expect(answers).toMatchObject([
      { id: 1, picture: { layer: '0/' } },
      { id: 2, cancelled: true },
    ]);
  });
});

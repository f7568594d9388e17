import type { ReadLink } from '../../../../../renderer/player/reader/readLinks.ts';

/** A request that waits for the test to answer it. */
export interface FakeRequest {
  storage: string;
  start: number;
  end: number;
  signal: AbortSignal;
  /** Answers with the range. */
  answer: () => void;
  /** Answers with the head and so many bytes; the body then waits, until `breakOff` or `end`. */
  begin: (bytes: number) => { breakOff: () => void; end: () => void };
  respond: (response: Response) => void;
}

/** What a storage does with a request; undefined leaves it to the test. */
export type Behaviour = (request: FakeRequest) => void;

/** Storages of one object behind a fetch, by the host of their links. */
export class FakeStorages {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly requests: FakeRequest[] = [];
  /** The storages that links were asked for with, as failed. */
  readonly asked: (string | undefined)[] = [];
  behaviour: Behaviour = (request) => request.answer();
  /** The next link; default: of main where another storage failed, else of the replica. */
  nextLink: (failed?: string) => Partial<ReadLink> & { storage?: string } = (failed) => ({
    storage: failed === 'replica' ? 'main' : 'replica',
  });
  readonly #arrived = new Set<() => void>();

  constructor(size: number) {
    this.content = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 251);
  }

  readonly link = (failed?: string): Promise<ReadLink> => {
    this.asked.push(failed);
    const { storage = 'replica', ...rest } = this.nextLink(failed);
    return Promise.resolve({
      url: `https://${storage}.example/key?signature=secret-${this.asked.length}`,
      ...{ size: this.content.length, versionId: 'v1', lastModified: 0, expiresAt: Infinity, route: { storage } },
      ...rest,
    });
  };

  readonly ask: typeof fetch = (input, init) => {
    const [start = 0, last = 0] = (/(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? [])
      .slice(1)
      .map(Number);
    const signal = init?.signal ?? new AbortController().signal;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    signal.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
    const storage = new URL(input instanceof Request ? input.url : input).hostname.replace('.example', '');
    const request: FakeRequest = {
      ...{ storage, start, end: last + 1, signal, respond: resolve },
      answer: () => resolve(this.range(start, last + 1)),
      begin: (bytes) => {
        let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
        const body = new ReadableStream<Uint8Array>({
          start: (opened) => {
            controller = opened;
            if (bytes > 0) opened.enqueue(this.content.slice(start, start + bytes));
          },
        });
        signal.addEventListener('abort', () => {
          try {
            controller?.error(new DOMException('Aborted', 'AbortError'));
          } catch {
            // It has ended already.
          }
        });
        resolve(new Response(body, { status: 206, headers: this.headers(start, last + 1) }));
        return {
          breakOff: () => controller?.error(new TypeError('network error')),
          end: () => {
            controller?.enqueue(this.content.slice(start + bytes, last + 1));
            controller?.close();
          },
        };
      },
    };
    this.requests.push(request);
    this.behaviour(request);
    for (const look of [...this.#arrived]) look();
    return promise;
  };

  headers(start: number, end: number): Record<string, string> {
    return {
      'content-range': `bytes ${start}-${end - 1}/${this.content.length}`,
      'content-length': `${end - start}`,
      'content-type': 'video/mp4',
      etag: '"one"',
    };
  }

  range(start: number, end: number, headers: Record<string, string> = {}): Response {
    const body = this.content.slice(start, end);
    return new Response(body, { status: 206, headers: { ...this.headers(start, end), ...headers } });
  }

  /** Waits until so many requests have arrived since the beginning. */
  async untilRequests(count: number): Promise<readonly FakeRequest[]> {
    while (this.requests.length < count) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const look = (): void => resolve(undefined);
      this.#arrived.add(look);
      await promise;
      this.#arrived.delete(look);
    }
    return this.requests;
  }
}

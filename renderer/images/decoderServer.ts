import { SECOND_MS } from '../../shared/units.ts';
import { decodePicture } from './decodePicture.ts';
import { type Picture, PictureError, type PictureFault } from './picture.ts';
import type { EngineDecoder } from './web/engineImage.ts';

/** To a worker: bytes to decode, or that a picture is not wanted any more. */
export type DecoderRequest =
  { id: number; bytes: Uint8Array<ArrayBuffer>; layer?: string } | { id: number; cancel: true };

/** From a worker, once for each request for a picture. */
export type DecoderAnswer =
  { id: number; picture: Picture } | { id: number; fault: PictureFault } | { id: number; cancelled: true };

/** After so long a decoder looks whether its picture is still wanted. */
const BREATH_MS = SECOND_MS / 50;

class Cancelled extends Error {}

/** The worker's side: decodes one picture after the other, and answers every request. */
export class DecoderServer {
  readonly #answer: (answer: DecoderAnswer, transfer: ArrayBuffer[]) => void;
  readonly #engine: EngineDecoder | undefined;
  readonly #cancelled = new Set<number>();
  #last: Promise<void> = Promise.resolve();

  constructor(answer: (answer: DecoderAnswer, transfer: ArrayBuffer[]) => void, engine?: EngineDecoder) {
    this.#answer = answer;
    this.#engine = engine;
  }

  receive = (request: DecoderRequest): void => {
    if ('cancel' in request) this.#cancelled.add(request.id);
    else this.#last = this.#last.then(() => this.#decode(request));
  };

  async #decode({ id, bytes, layer }: Exclude<DecoderRequest, { cancel: true }>): Promise<void> {
    let breathed = performance.now();
    const breathe = async (): Promise<void> => {
      if (performance.now() - breathed < BREATH_MS) return;
      await nextTask();
      breathed = performance.now();
      if (this.#cancelled.has(id)) throw new Cancelled();
    };
    try {
      if (this.#cancelled.has(id)) throw new Cancelled();
      const picture = await decodePicture(bytes, {
        breathe,
        ...(layer !== undefined && { layer }),
        ...(this.#engine && { engine: this.#engine }),
      });
      const buffers = [...picture.channels, ...(picture.shown ?? [])].map(({ samples }) => samples.buffer);
      this.#answer({ id, picture }, [...new Set(buffers)]);
    } catch (error) {
      if (error instanceof Cancelled) this.#answer({ id, cancelled: true }, []);
      else this.#answer({ id, fault: error instanceof PictureError ? error.fault : { is: 'stopped' } }, []);
    }
    this.#cancelled.delete(id);
  }
}

/** Lets messages arrive; a timer would wait for four milliseconds more. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

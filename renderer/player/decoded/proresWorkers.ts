import { SECOND_MS } from '../../../shared/units.ts';
import { UndecodablePicture } from './pictureSource.ts';
import type { ProresAnswer, ProresCode, ProresTask } from './proresTask.ts';

/** A picture takes some hundredths of a second; a worker that says nothing for so long has failed. */
const TASK_TIMEOUT_MS = 15 * SECOND_MS;
/** The other processors are for the window, the network and the system. */
const MAX_WORKERS = 4;

/** What is used of a worker. */
export type TaskWorker = Pick<Worker, 'postMessage' | 'addEventListener' | 'terminate'>;

export interface DecodedImage {
  image: ImageBitmap;
  /** Of one worker for this picture, milliseconds. */
  decodeMs: number;
}

interface Waiting {
  task: ProresTask;
  signal: AbortSignal;
  resolve: (decoded: DecodedImage) => void;
  reject: (reason: Error) => void;
}

interface Slot {
  worker: TaskWorker;
  current: Waiting | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Workers that decode ProRes side by side, a picture each. They are made when there is something to do, and live until `dispose`. */
export class ProresWorkers {
  readonly size: number;
  readonly #make: () => TaskWorker;
  readonly #timeoutMs: number;
  readonly #slots = new Set<Slot>();
  readonly #queue: Waiting[] = [];
  #lastId = 0;
  #isOver = false;

  /** @param make default: the window's own worker */
  constructor(
    make: () => TaskWorker = makeWorker,
    size = workersOf(navigator.hardwareConcurrency),
    timeoutMs = TASK_TIMEOUT_MS,
  ) {
    this.#make = make;
    this.size = size;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Decodes one picture. What is aborted before its turn is never begun; what is aborted meanwhile is closed.
   * @param data is left to the worker and is empty afterwards
   * @throws UndecodablePicture; the reason of `signal`; Error after `dispose`
   */
  decode(
    codec: ProresCode,
    data: ArrayBuffer,
    colorSpace: VideoColorSpaceInit | undefined,
    signal: AbortSignal,
  ): Promise<DecodedImage> {
    if (this.#isOver) return Promise.reject(new Error('The decoder is closed'));
    const { promise, resolve, reject } = Promise.withResolvers<DecodedImage>();
    const task = { id: ++this.#lastId, codec, data, colorSpace };
    const waiting: Waiting = { task, signal, resolve, reject };
    this.#queue.push(waiting);
    this.#next();
    return promise;
  }

  dispose(): void {
    this.#isOver = true;
    const over = new Error('The decoder is closed');
    for (const { reject } of this.#queue.splice(0)) reject(over);
    for (const slot of this.#slots) this.#end(slot, over);
  }

  #next(): void {
    for (let first = this.#queue[0]; first?.signal.aborted === true; first = this.#queue[0]) {
      this.#queue.shift();
      first.reject(abortedBy(first.signal));
    }
    if (this.#queue.length === 0 || this.#isOver) return;
    let free = [...this.#slots].find(({ current }) => !current);
    if (!free && this.#slots.size < this.size) free = this.#open();
    const waiting = free && this.#queue.shift();
    if (!free || !waiting) return;
    const slot = free;
    slot.current = waiting;
    slot.timer = setTimeout(() => this.#end(slot, new UndecodablePicture('the decoder says nothing')), this.#timeoutMs);
    slot.worker.postMessage(waiting.task, [waiting.task.data]);
    this.#next();
  }

  #open(): Slot {
    const slot: Slot = { worker: this.#make(), current: undefined, timer: undefined };
    this.#slots.add(slot);
    slot.worker.addEventListener('message', ({ data }) => this.#answered(slot, data as ProresAnswer));
    slot.worker.addEventListener('error', () => this.#end(slot, new UndecodablePicture('the decoder broke down')));
    return slot;
  }

  #answered(slot: Slot, answer: ProresAnswer): void {
    const { current } = slot;
    if (current?.task.id !== answer.id) {
      if ('image' in answer) answer.image.close();
      return;
    }
    clearTimeout(slot.timer);
    slot.current = undefined;
    if (current.signal.aborted) {
      if ('image' in answer) answer.image.close();
      current.reject(abortedBy(current.signal));
    } else if ('image' in answer) current.resolve(answer);
    else current.reject(new UndecodablePicture(answer.problem));
    this.#next();
  }

  /** A worker that failed is replaced when there is something to do. */
  #end(slot: Slot, why: Error): void {
    clearTimeout(slot.timer);
    this.#slots.delete(slot);
    slot.worker.terminate();
    slot.current?.reject(why);
    slot.current = undefined;
    this.#next();
  }
}

/** At least one, and one processor less than there are. */
export function workersOf(processors: number): number {
  return Math.max(1, Math.min(MAX_WORKERS, processors - 1));
}

function makeWorker(): TaskWorker {
  return new Worker(new URL('./proresWorker.ts', import.meta.url), { type: 'module' });
}

function abortedBy(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('Aborted', 'AbortError');
}

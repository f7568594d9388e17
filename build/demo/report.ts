import { performance } from 'node:perf_hooks';

/** What the demonstration prints: a line a step for people, an object a line for programs. */
export class DemoReport {
  readonly #json: boolean;
  readonly #write: (text: string) => void;
  readonly #started = performance.now();
  #failed = false;

  constructor(json: boolean, write: (text: string) => void) {
    this.#json = json;
    this.#write = write;
  }

  /** A step that held, with what was seen. */
  held(step: string, sentence: string, seen: object = {}): void {
    this.#line('✓', true, step, sentence, seen);
  }

  /** A step that did not hold; the run then ends with an exit code other than 0. */
  failed(step: string, sentence: string, seen: object = {}): void {
    this.#failed = true;
    this.#line('✗', false, step, sentence, seen);
  }

  /** Something worth knowing that is no step. */
  note(sentence: string, seen: object = {}): void {
    if (this.#json) this.#write(`${JSON.stringify({ note: sentence, ...seen })}\n`);
    else this.#write(`  ${sentence}\n`);
  }

  get hasFailed(): boolean {
    return this.#failed;
  }

  #line(mark: string, ok: boolean, step: string, sentence: string, seen: object): void {
    const seconds = Math.round((performance.now() - this.#started) / 100) / 10;
    if (this.#json) this.#write(`${JSON.stringify({ step, ok, seconds, ...seen })}\n`);
    else this.#write(`${mark} ${seconds.toFixed(1).padStart(5)} s  ${sentence}\n`);
  }
}

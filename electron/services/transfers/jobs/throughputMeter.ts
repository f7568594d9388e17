import { SECOND_MS } from '../../../../shared/units.ts';
const WINDOW_MS = 5 * SECOND_MS;
const SAMPLE_MS = SECOND_MS / 10;

/** Bytes per second over the last five seconds. Pure: the time is passed in. */
export class ThroughputMeter {
  #samples: { time: number; bytes: number }[] = [];

  addBytes(bytes: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last && now - last.time < SAMPLE_MS) last.bytes += bytes;
    else this.#samples.push({ time: now, bytes });
    this.#dropOldSamples(now);
  }

  bytesPerSecond(now: number): number {
    this.#dropOldSamples(now);
    const [first] = this.#samples;
    if (!first) return 0;
    const elapsed = Math.max(now - first.time, SECOND_MS);
    return Math.round((this.#samples.reduce((sum, { bytes }) => sum + bytes, 0) / elapsed) * SECOND_MS);
  }

  #dropOldSamples(now: number): void {
    while (this.#samples[0] && now - this.#samples[0].time > WINDOW_MS) this.#samples.shift();
  }
}

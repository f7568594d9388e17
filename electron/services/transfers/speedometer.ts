const SECOND = 1000;
const WINDOW = 5 * SECOND;
const SAMPLE = SECOND / 10;

/** Bytes a second over the last five. Told the time; asks for nothing. */
export class Speedometer {
  #samples: { time: number; bytes: number }[] = [];

  moved(bytes: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last && now - last.time < SAMPLE) last.bytes += bytes;
    else this.#samples.push({ time: now, bytes });
    this.#forget(now);
  }

  bytesPerSecond(now: number): number {
    this.#forget(now);
    const [first] = this.#samples;
    if (!first) return 0;
    const elapsed = Math.max(now - first.time, SECOND);
    return Math.round((this.#samples.reduce((sum, { bytes }) => sum + bytes, 0) / elapsed) * SECOND);
  }

  #forget(now: number): void {
    while (this.#samples[0] && now - this.#samples[0].time > WINDOW) this.#samples.shift();
  }
}

import type { WrappedAudioBuffer } from 'mediabunny';

/** Buffers of sound from a time on, seconds. What is used of mediabunny's AudioBufferSink. */
export interface SoundSource {
  buffers(from: number): AsyncGenerator<WrappedAudioBuffer, void>;
}

/** Sound is handed to the device so long before it is heard, seconds. */
const AHEAD_S = 1;
const LOOK_INTERVAL_MS = 100;

/** The sound of a film, in step with a clock that it leads. Pictures go on without it where it cannot be had. */
export class FilmSound {
  readonly #source: SoundSource;
  readonly #context: AudioContext;
  readonly #gain: GainNode;
  /** From the device's clock to the ear, seconds; the same while something plays, or pictures would jump with it. */
  #latency = 0;
  #playing: { ends: AbortController; nodes: Set<AudioBufferSourceNode> } | undefined;

  /** @param context is this sound's from now on */
  constructor(source: SoundSource, context: AudioContext) {
    this.#source = source;
    this.#context = context;
    this.#gain = context.createGain();
    this.#gain.connect(context.destination);
  }

  /** What is heard now, on the device's clock, seconds; undefined while it does not run. */
  get time(): number | undefined {
    const { state, currentTime } = this.#context;
    return state === 'running' ? currentTime - this.#latency : undefined;
  }

  setVolume(volume: number, muted: boolean): void {
    this.#gain.gain.value = muted ? 0 : volume;
  }

  /** Asks for the device, which a window may have after the first press only. */
  wake(): void {
    if (this.#context.state === 'suspended') this.#context.resume().catch(() => undefined);
  }

  /**
   * Plays from a position of the film on.
   * @param timeOf the device's time at which the film is at a position, as `time` counts it; undefined where nothing is to be heard
   */
  start(position: number, speed: number, timeOf: (position: number) => number | undefined): void {
    this.stop();
    this.#latency = Number.isFinite(this.#context.outputLatency) ? this.#context.outputLatency : 0;
    const playing = { ends: new AbortController(), nodes: new Set<AudioBufferSourceNode>() };
    this.#playing = playing;
    void this.#feed(playing, position, speed, timeOf);
  }

  stop(): void {
    const playing = this.#playing;
    if (!playing) return;
    this.#playing = undefined;
    playing.ends.abort();
    for (const node of playing.nodes) node.stop();
  }

  dispose(): void {
    this.stop();
    this.#context.close().catch(() => undefined);
  }

  /** Never rejects: a film whose sound breaks off goes on in silence. */
  async #feed(
    { ends: { signal }, nodes }: { ends: AbortController; nodes: Set<AudioBufferSourceNode> },
    position: number,
    speed: number,
    timeOf: (position: number) => number | undefined,
  ): Promise<void> {
    const buffers = this.#source.buffers(position);
    signal.addEventListener('abort', () => void buffers.return().catch(() => undefined));
    try {
      for await (const { buffer, timestamp } of buffers) {
        while (!signal.aborted) {
          const now = this.time;
          const due = timeOf(timestamp);
          if (now !== undefined && due !== undefined && due - now < AHEAD_S) break;
          await pause(LOOK_INTERVAL_MS);
        }
        if (signal.aborted) return;
        this.#schedule(nodes, buffer, timeOf(timestamp), speed);
      }
    } catch {
      // The pictures say what is wrong with the file or its storage.
    }
  }

  #schedule(nodes: Set<AudioBufferSourceNode>, buffer: AudioBuffer, due: number | undefined, speed: number): void {
    if (due === undefined) return;
    const at = due + this.#latency;
    const late = Math.max(0, this.#context.currentTime - at);
    // What should have been heard already is not heard.
    if (late * speed >= buffer.duration) return;
    const node = this.#context.createBufferSource();
    node.buffer = buffer;
    node.playbackRate.value = speed;
    node.connect(this.#gain);
    node.addEventListener('ended', () => nodes.delete(node));
    nodes.add(node);
    node.start(Math.max(at, this.#context.currentTime), late * speed);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

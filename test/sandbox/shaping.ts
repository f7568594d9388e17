import { setTimeout as wait } from 'node:timers/promises';
import { KIB, SECOND_MS } from '../../shared/units.ts';
import type { FaultEffect } from './faults.ts';

/** The connection that a body travels on. */
export interface Connection {
  cut(): void;
  /** Resolves when either side has closed it. */
  closed: Promise<unknown>;
}

/** Delay before a cut, in which earlier bytes leave, in milliseconds. */
const CUT_DELAY_MS = 20;
/** Slowed bodies are sent in small steps, so that they flow evenly. */
const SLOW_STEP_BYTES = 16 * KIB;

/** Passes a body on at the rate, and up to the byte, that the faults define; in either direction. */
export async function* shaped(
  source: AsyncIterable<Buffer>,
  effects: readonly FaultEffect[],
  connection: Connection,
): AsyncGenerator<Buffer> {
  const end = effects.find((effect) => effect.kind === 'reset' || effect.kind === 'stall');
  const corrupt = effects.find((effect) => effect.kind === 'corrupt');
  const bytesPerSecond = effects.find((effect) => effect.kind === 'bandwidth')?.bytesPerSecond;
  const limit = end?.afterBytes ?? Infinity;
  let passed = 0;
  for await (const chunk of source) {
    for (const step of bytesPerSecond === undefined ? [chunk] : cutUp(chunk)) {
      if (bytesPerSecond !== undefined) await wait((step.length / bytesPerSecond) * SECOND_MS);
      const left = Math.max(0, Math.min(step.length, limit - passed));
      const damaged = corrupt ? flipByte(step, corrupt.atByte - passed) : step;
      if (left > 0) yield damaged.subarray(0, left);
      passed += left;
      if (left === step.length) continue;
      if (end?.kind === 'reset') {
        await Promise.race([end.when, connection.closed]);
        await wait(CUT_DELAY_MS);
        connection.cut();
      }
      await connection.closed;
      throw new Error('The connection is gone, by a fault on demand.');
    }
  }
}

function* cutUp(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += SLOW_STEP_BYTES)
    yield chunk.subarray(start, start + SLOW_STEP_BYTES);
}

function flipByte(chunk: Buffer, index: number): Buffer {
  const byte = chunk[index];
  if (byte === undefined) return chunk;
  const copy = Buffer.from(chunk);
  copy[index] = byte ^ 0xff;
  return copy;
}

import { Transform } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FaultEffect } from './faults.ts';

/** A stream that passes its bytes on at the pace, and to the point, that the faults allow. */
export function shapeStream(effects: readonly FaultEffect[], cut: () => void): Transform {
  let passed = 0;
  const bandwidth = effects.find((effect) => effect.kind === 'bandwidth')?.bytesPerSecond;
  const reset = effects.find((effect) => effect.kind === 'reset')?.afterBytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (reset !== undefined && passed > reset) {
        // Gives the bytes before the cut time to leave.
        this.push(chunk.subarray(0, Math.max(0, chunk.length - (passed - reset))));
        setTimeout(cut, 20);
        return;
      }
      if (bandwidth === undefined) done(null, chunk);
      else wait((chunk.length / bandwidth) * 1000).then(() => done(null, chunk), done);
    },
  });
}

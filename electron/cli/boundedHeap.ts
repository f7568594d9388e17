import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MIB } from '../../shared/units.ts';

const LOOK_INTERVAL_MS = 50;
/** Size from which the space of young objects no longer grows, both of its halves together. */
const MAX_YOUNG_BYTES = 8 * MIB;
/** Old objects from which garbage is collected; what lives after a transfer of 10,000 files is about as much. */
const MIN_OLD_BYTES = 32 * MIB;
/** Growth over what was alive after the last collection, until the next one. */
const GROWTH_FACTOR = 1.5;

/**
 * Bounds the garbage of a process that sends or fetches many files. V8 lets young objects have 96 MiB, and old ones far
 * more, before it looks for garbage, which suits a machine for itself; here a few MiB do. With thousands of files of 8 KiB
 * it has cost 5 to 17 % more processor time, with files of 256 KiB none that could be told from chance.
 * Both are only settable before V8 starts, except for the factor by which the young space grows; the collector has no
 * other handle than the one of `--expose-gc`. Without either the process takes more memory, and nothing else changes.
 */
export function boundHeap(): void {
  let isYoungBounded = false;
  let limit = MIN_OLD_BYTES;
  let collect: (() => void) | undefined;
  const look = () => {
    const { young, old } = spaces();
    if (!isYoungBounded && young >= MAX_YOUNG_BYTES * 0.9) {
      setFlagsFromString('--semi-space-growth-factor=1');
      isYoungBounded = true;
    }
    if (old < limit) return;
    collect ??= collector();
    collect();
    limit = Math.max(MIN_OLD_BYTES, spaces().old * GROWTH_FACTOR);
  };
  setInterval(look, LOOK_INTERVAL_MS).unref();
}

/** Bytes: that young objects have, and that old ones use. */
function spaces(): { young: number; old: number } {
  let [young, old] = [0, 0];
  for (const { space_name: name, physical_space_size: physical, space_used_size: used } of getHeapSpaceStatistics()) {
    if (name === 'new_space') young += physical;
    if (name === 'old_space' || name === 'large_object_space') old += used;
  }
  return { young, old };
}

/** V8's `gc`, which new contexts have once it is exposed. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  return typeof found === 'function' ? () => void Reflect.apply(found, undefined, []) : () => undefined;
}

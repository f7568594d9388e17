import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MIB } from '../../shared/units.ts';

/** A fast line brings a few MiB in this time. */
const LOOK_INTERVAL_MS = 10;
/** Size from which the space of young objects no longer grows, both of its halves together. */
const MAX_YOUNG_BYTES = 3 * MIB;
/** Old objects from which garbage is collected; what lives after a transfer of 10,000 files is about as much. */
const MIN_OLD_BYTES = 20 * MIB;
/** Growth over what was alive after the last collection, until the next one. */
const GROWTH_FACTOR = 1.25;
/** Growth of the memory outside of the heap, after which young objects are collected: buffers of sockets die young. */
const MAX_BUFFER_GROWTH_BYTES = 6 * MIB;
/**
 * Bytes from a storage after which young objects are collected. On a fast line they come between two looks; V8 then
 * collects all objects, which costs many times as much.
 */
const MAX_ARRIVED_BYTES = 3 * MIB;

/**
 * Bounds the garbage of a process that sends or fetches many files. V8 lets young objects have 96 MiB, and old ones far
 * more, before it looks for garbage, which suits a machine for itself; here a few MiB do, for more processor time.
 * Both are only settable before V8 starts, except for the factor by which the young space grows; the collector has no
 * other handle than the one of `--expose-gc`. Without either the process takes more memory, and nothing else changes.
 *
 * @returns to be called with bytes as they arrive from a storage.
 */
export function boundHeap(): (bytes: number) => void {
  let isYoungBounded = false;
  let limit = MIN_OLD_BYTES;
  let bufferLimit = MAX_BUFFER_GROWTH_BYTES;
  let arrived = 0;
  let collect: Collect | undefined;
  const collectYoung = () => {
    collect ??= collector();
    collect({ type: 'minor' });
    arrived = 0;
    bufferLimit = getHeapStatistics().external_memory + MAX_BUFFER_GROWTH_BYTES;
  };
  const look = () => {
    const { young, old } = spaces();
    if (getHeapStatistics().external_memory > bufferLimit) collectYoung();
    if (!isYoungBounded && young >= MAX_YOUNG_BYTES * 0.9) {
      setFlagsFromString('--semi-space-growth-factor=1');
      isYoungBounded = true;
    }
    if (old < limit) return;
    collect ??= collector();
    collect({ type: 'major' });
    limit = Math.max(MIN_OLD_BYTES, spaces().old * GROWTH_FACTOR);
  };
  setInterval(look, LOOK_INTERVAL_MS).unref();
  return (bytes) => {
    arrived += bytes;
    if (arrived >= MAX_ARRIVED_BYTES) collectYoung();
  };
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

type Collect = (options: { type: 'minor' | 'major' }) => void;

/** V8's `gc`, which new contexts have once it is exposed. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  return typeof found === 'function' ? (options) => void Reflect.apply(found, undefined, [options]) : () => undefined;
}

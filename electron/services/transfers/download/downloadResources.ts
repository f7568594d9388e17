import type { BandwidthRules } from '../../../../shared/bandwidth.ts';
import { MIB } from '../../../../shared/units.ts';
import { sleep } from '../../runtime/async.ts';
import { BandwidthLimiter, UNLIMITED } from '../http/bandwidthLimiter.ts';
import { BufferPool } from '../http/bufferPool.ts';
import { ConcurrencyController, type ConcurrencyLimits } from '../http/concurrencyController.ts';
import { PlaybackYield } from '../http/playbackYield.ts';
import { RequestSlots } from '../http/requestSlots.ts';
import { TransferClients } from '../http/transferClient.ts';
import type { DownloadResources } from './receiveRanges.ts';

/** Concurrent requests for bytes over all downloads; adapted to the measured throughput. */
const LIMITS: ConcurrencyLimits = { least: 2, most: 256, first: 8 };

/** Memory for small objects, which are proved before they are written. */
const SMALL_OBJECTS_BYTES = 16 * MIB;

/** Resources for downloads that run side by side. */
export function downloadResources(rules: BandwidthRules = UNLIMITED): DownloadResources {
  const clock = () => performance.now();
  const playback = new PlaybackYield(clock);
  return {
    playback,
    buffers: new BufferPool({ usual: SMALL_OBJECTS_BYTES, most: SMALL_OBJECTS_BYTES }),
    clients: new TransferClients(),
    slots: new RequestSlots(new ConcurrencyController(LIMITS, clock()), clock, playback),
    bandwidth: new BandwidthLimiter({ rules, now: () => Date.now(), clock, sleep, playback }),
  };
}

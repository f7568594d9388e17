import type { StorageSummary } from '../../shared/reading.ts';
import { reportOf } from '../api.ts';
import type { FrameSet } from './frameLinks.ts';
import type { PlayerFailure } from './playerLink.ts';
import { probeSource } from './sourceProbe.ts';

interface FrameSource {
  /** Undefined before there are links. */
  set: FrameSet | undefined;
  /** Names the file for what is said of it. */
  key: string;
  storages: readonly StorageSummary[];
}

/** Why a frame cannot be had: what its link gives, or the error where it has none. */
export async function frameFailure(
  error: unknown,
  number: number,
  { set, key, storages }: FrameSource,
): Promise<PlayerFailure> {
  const url = set?.frames.find((one) => one.number === number)?.url;
  if (!set || url === undefined) return { kind: 'report', report: reportOf(error) };
  const { region, route } = set;
  const bucket = storages.find(({ name }) => name === route.storage)?.bucket ?? route.storage;
  return { kind: 'media', ...(await probeSource({ url, bucket, region, key }, 'unsupported')) };
}

import { parseAddress } from '../../shared/ipRanges.ts';
import type { IsolationPreferences } from '../../shared/preferences.ts';
import type { StorageSummary } from '../../shared/reading.ts';
import { type Route, route } from '../../shared/routing.ts';
import { SECOND_MS } from '../../shared/units.ts';

export interface Simulated {
  route: Route;
  bucket: string;
  region: string;
  storages: StorageSummary[];
}

/** Input of the simulator. */
export interface SimulatedCase {
  /** '' : no address is known. */
  address: string;
  /** Seconds after an upload, as typed. */
  seconds: string;
  readFrom: string;
}

/** The route under these preferences, with every storage up and every replica complete. */
export function simulate(
  preferences: IsolationPreferences,
  { address, seconds, readFrom }: SimulatedCase,
): Simulated | 'address' | 'seconds' {
  const wanted = address.trim();
  if (wanted !== '' && !parseAddress(wanted)) return 'address';
  if (!/^\d{1,9}$/.test(seconds.trim())) return 'seconds';
  const client = wanted === '' ? [] : [{ address: wanted, source: 'given' as const }];
  const decided = route({ lastModified: 0 }, preferences, readFrom, client, {}, Number(seconds) * SECOND_MS);
  const storage = preferences.s3Configuration[decided.storage];
  return {
    route: decided,
    bucket: storage?.bucket ?? '',
    region: storage?.region ?? '',
    storages: summaries(preferences),
  };
}

/** The storages of a draft, as the words about routes want them. */
function summaries(preferences: IsolationPreferences): StorageSummary[] {
  return Object.entries(preferences.s3Configuration).map(([name, { region, bucket }]): StorageSummary => {
    const replica = preferences.replication.replicas.find(({ storage }) => storage === name);
    const role = name === preferences.mainStorage ? 'main' : replica ? 'replica' : 'other';
    return { name, label: replica?.label ?? name, region, bucket, role, reachable: true };
  });
}

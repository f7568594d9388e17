import type { ErrorCode } from './errors.ts';
import { type IpRange, parseRange, rangeContains } from './ipRanges.ts';
import type { IsolationPreferences, Replica } from './preferences.ts';
import { MINUTE_MS, SECOND_MS } from './units.ts';

/** The user's choice: `auto`, `main`, or the name of a replica's storage. */
export type ReadFrom = string;

export const ROUTE_REASONS = [
  'main-unreachable',
  'no-replica-configured',
  'main-chosen',
  'ip-unknown',
  'ip-outside-ranges',
  'within-replication-delay',
  'replica-unreachable',
  'replica-not-ready',
  'replica-chosen',
  'replica-by-ip',
] as const;
/** `measured-faster` is no row of the table: a player asked for another holder of the version, which carries more. */
type RouteReason = (typeof ROUTE_REASONS)[number] | 'measured-faster';

export interface ClientAddress {
  address: string;
  /** `public`: from an echo service; `interface`: of this machine's network interface; `given`: by the caller. */
  source: 'public' | 'interface' | 'given';
  /** The echo service that reported it. */
  service?: string;
}

export interface RouteObject {
  /** When the object was stored, milliseconds since the epoch on the storage's clock (`LastModified`). */
  lastModified: number;
}

/** Known state of one storage for one version of one object. */
export interface StorageState {
  reachable: boolean;
  /** `unknown` counts as not disproved: callers that need proof ask the storage before the decision. */
  holds: 'yes' | 'no' | 'unknown';
  /** The object exists and its bytes were refused; `holds` is `no` then. */
  refusedFor?: ErrorCode;
}

/** By storage name, the main storage included. A missing storage counts as reachable, with unknown content. */
export type ReplicaState = Readonly<Record<string, StorageState>>;

interface RouteDetails {
  /** The replica chosen by hand or by address, whether or not it is read from. */
  replica?: string;
  matchedRange?: string;
  matchedAddress?: string;
  /**
   * Seconds until the replication delay is over, rounded up; only with `within-replication-delay`, and absent where the
   * object's date is to come.
   */
  secondsLeft?: number;
  /** With `replica-not-ready`: older than the preferences allow a replication to take, so it failed or is stuck. */
  overdue?: true;
  /** With `replica-not-ready`: the replica has it, and refuses its bytes (archived, encrypted, not permitted). */
  refusedFor?: ErrorCode;
  /** With `measured-faster`: the storage that gave the same version more slowly. */
  slower?: string;
}

/** The decision "this object, for this user, now: that storage, because of that reason". */
export interface Route {
  storage: string;
  reason: RouteReason;
  details: RouteDetails;
}

export interface RangeMatch {
  replica: Replica;
  range: IpRange;
  address: ClientAddress;
}

/**
 * The replica for these addresses: the most specific matching range wins; between ranges of the same length the earlier
 * address, then the earlier replica in the preferences.
 */
export function matchReplica(
  preferences: IsolationPreferences,
  addresses: readonly ClientAddress[],
): RangeMatch | undefined {
  let best: RangeMatch | undefined;
  for (const address of addresses) {
    for (const { replica, range } of rangesOf(preferences)) {
      if (!rangeContains(range, address.address)) continue;
      if (!best || specificity(range) > specificity(best.range)) best = { replica, range, address };
    }
  }
  return best;
}

type ReplicaRange = Pick<RangeMatch, 'replica' | 'range'>;

// A page of the library decides 1,000 routes with one document: its ranges are parsed once.
const parsedRanges = new WeakMap<IsolationPreferences, readonly ReplicaRange[]>();

function rangesOf(preferences: IsolationPreferences): readonly ReplicaRange[] {
  const known = parsedRanges.get(preferences);
  if (known) return known;
  const ranges = preferences.replication.replicas.flatMap((replica) =>
    replica.ipRanges.flatMap((text): ReplicaRange[] => {
      const range = parseRange(text);
      return typeof range === 'string' ? [] : [{ replica, range }];
    }),
  );
  parsedRanges.set(preferences, ranges);
  return ranges;
}

/** Share of the address that the range fixes: makes an IPv4 /24 and an IPv6 /64 comparable. */
function specificity(range: IpRange): number {
  return range.prefixLength / (range.family === 'v4' ? 32 : 128);
}

/** Difference between the clocks of one storage's machines that is believed; its Date header has whole seconds besides. */
const MAX_AHEAD_MS = MINUTE_MS;

/** Whether a moment is still to come, both in milliseconds since the epoch: it gives no age. */
export function isToCome(moment: number, now: number): boolean {
  return moment - now > MAX_AHEAD_MS;
}

/**
 * Age of an object in seconds; `undefined` where its date is to come: then it is not known.
 *
 * @param storageNow milliseconds since the epoch on the storage's clock.
 */
export function ageOf({ lastModified }: RouteObject, storageNow: number): number | undefined {
  return isToCome(lastModified, storageNow) ? undefined : Math.max(0, storageNow - lastModified) / SECOND_MS;
}

const UNASKED: StorageState = { reachable: true, holds: 'unknown' };

/**
 * Decides where one object is read from. Pure and total: every input gives exactly one of ROUTE_REASONS, the first row
 * of the table that applies.
 *
 * @param now milliseconds since the epoch on the storage's clock, never the laptop's alone.
 */
export function route(
  object: RouteObject,
  preferences: IsolationPreferences,
  readFrom: ReadFrom,
  client: readonly ClientAddress[],
  replicaState: ReplicaState,
  now: number,
): Route {
  const main = preferences.mainStorage;
  const { replicas, delaySeconds } = preferences.replication;
  const stateOf = (storage: string): StorageState =>
    (Object.hasOwn(replicaState, storage) ? replicaState[storage] : undefined) ?? UNASKED;
  const chosen = replicas.find((replica) => replica.storage === readFrom);
  const match = chosen ? undefined : matchReplica(preferences, client);
  const wanted = readFrom === 'main' ? undefined : (chosen ?? match?.replica);

  if (!stateOf(main).reachable) {
    const holders = replicas.filter(({ storage }) => stateOf(storage).reachable && stateOf(storage).holds === 'yes');
    const holder = holders.find((replica) => replica === wanted) ?? holders[0];
    if (holder) return { storage: holder.storage, reason: 'main-unreachable', details: { replica: holder.storage } };
  }
  if (replicas.length === 0) return { storage: main, reason: 'no-replica-configured', details: {} };
  if (readFrom === 'main') return { storage: main, reason: 'main-chosen', details: {} };
  if (!chosen && client.length === 0) return { storage: main, reason: 'ip-unknown', details: {} };
  if (!wanted) return { storage: main, reason: 'ip-outside-ranges', details: {} };

  const details: RouteDetails = {
    replica: wanted.storage,
    ...(match && { matchedRange: match.range.text, matchedAddress: match.address.address }),
  };
  const age = ageOf(object, now);
  if (delaySeconds > 0 && (age === undefined || age < delaySeconds)) {
    const left = age !== undefined && { secondsLeft: Math.ceil(delaySeconds - age) };
    return { storage: main, reason: 'within-replication-delay', details: { ...details, ...left } };
  }
  const replica = stateOf(wanted.storage);
  if (!replica.reachable) return { storage: main, reason: 'replica-unreachable', details };
  if (replica.holds === 'no') {
    const { refusedFor } = replica;
    const overdue = refusedFor === undefined && age !== undefined && age > preferences.replication.stuckAfterSeconds;
    const why = { ...(overdue && { overdue }), ...(refusedFor !== undefined && { refusedFor }) };
    return { storage: main, reason: 'replica-not-ready', details: { ...details, ...why } };
  }
  return { storage: wanted.storage, reason: chosen ? 'replica-chosen' : 'replica-by-ip', details };
}

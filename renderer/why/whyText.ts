import type { ErrorReport } from '../../shared/errors.ts';
import type { ExplainedObject, Measurement, RouteExplanation, StorageSummary } from '../../shared/reading.ts';
import type { Route } from '../../shared/routing.ts';
import { formatBytes } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';
import { storageLabel } from '../text/routeText.ts';

/** A storage as the panel shows it: who it is, how it does, and how it was measured. */
export interface StorageFacts {
  storage: StorageSummary;
  inUse: boolean;
  clock: string;
  measured: MeasuredFacts | undefined;
}

interface MeasuredFacts {
  /** `12 ms`; undefined: not measured. */
  latency: string | undefined;
  /** `92 MB/s`. */
  throughput: string | undefined;
  /** 0 to 1, of the slowest and of the fastest among those measured. */
  latencyShare: number;
  throughputShare: number;
  /** Why one of them was not measured. */
  error: ErrorReport | undefined;
}

/** The route that is read by: of the file that is asked about, else in general. */
export function routeInUse({ reading, object }: Pick<RouteExplanation, 'reading' | 'object'>): Route {
  return object?.playedFrom ?? object?.route ?? reading.route;
}

/** Storages in the order of the preferences, each with what is known of it. */
export function storageFacts(explained: RouteExplanation, t: Translate): StorageFacts[] {
  const { reading, measurements, clockOffsets } = explained;
  const inUse = routeInUse(explained).storage;
  const slowest = Math.max(0, ...measurements.map(({ latency = 0 }) => latency));
  const fastest = Math.max(0, ...measurements.map(({ throughput = 0 }) => throughput));
  return reading.storages.map((storage) => {
    const measured = measurements.find((measurement) => measurement.storage === storage.name);
    const seconds = clockOffsets.find((offset) => offset.storage === storage.name)?.seconds ?? 0;
    return {
      storage,
      inUse: storage.name === inUse,
      clock: clockText(seconds, t),
      measured: measured && measuredFacts(measured, slowest, fastest, t),
    };
  });
}

function measuredFacts(measured: Measurement, slowest: number, fastest: number, t: Translate): MeasuredFacts {
  const { latency, throughput, error } = measured;
  return {
    latency: latency === undefined ? undefined : t('why.milliseconds', { count: Math.max(1, Math.round(latency)) }),
    throughput: throughput === undefined ? undefined : t('transfers.speed', { rate: formatBytes(throughput) }),
    latencyShare: share(latency, slowest),
    throughputShare: share(throughput, fastest),
    error,
  };
}

function share(value: number | undefined, most: number): number {
  return value === undefined || most <= 0 ? 0 : Math.min(1, value / most);
}

/** Difference of a storage's clock from this computer's, in words. The Date header has a resolution of one second. */
export function clockText(seconds: number, t: Translate): string {
  if (Math.abs(seconds) <= 1) return t('why.clockSame');
  const words = { duration: roughly(Math.abs(seconds)) };
  return seconds > 0 ? t('why.clockAhead', words) : t('why.clockBehind', words);
}

function roughly(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const STATUSES = ['PENDING', 'COMPLETED', 'COMPLETE', 'FAILED', 'REPLICA'] as const;

/** S3's replication status as a sentence (S3 User Guide, "Getting replication status information"). */
export function replicationText(status: string | undefined, t: Translate): string {
  const known = STATUSES.find((name) => name === status);
  if (status === undefined) return t('why.status.none');
  return known ? t(`why.status.${known}`) : status;
}

/** Sentence on a replica's proof for this very version. */
export function proofText(proof: ExplainedObject['proofs'][number], storages: readonly StorageSummary[], t: Translate) {
  const place = storageLabel(proof.storage, storages);
  if (proof.holds === 'no') return t('why.proofNo', { place });
  if (proof.holds === 'unknown') return t('why.proofUnknown', { place });
  return t(proof.by === 'listing' ? 'why.proofByListing' : 'why.proofByVersion', { place });
}

/** The choice that is in force, as one word or two. */
export function modeText(readFrom: string, storages: readonly StorageSummary[], t: Translate): string {
  if (readFrom === 'auto') return t('why.modeAuto');
  if (readFrom === 'main') return t('why.modeMain');
  return t('why.modeReplica', { place: storageLabel(readFrom, storages) });
}

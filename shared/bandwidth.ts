import { KIB } from './units.ts';

/** Minimum limit: on a slower line the storage's own time-outs would fire between two bytes. */
export const MIN_BYTES_PER_SECOND = 16 * KIB;

const MINUTES_A_DAY = 24 * 60;

/** A limit for some hours of the day, in this machine's time zone. */
interface BandwidthHours {
  /** Minutes since midnight. A span that ends before it begins runs over midnight; one that ends where it begins is a whole day. */
  from: number;
  to: number;
  /** `null`: no limit in these hours. */
  bytesPerSecond: number | null;
}

export interface BandwidthRules {
  /** The user's limit outside all spans; `null`: none. */
  bytesPerSecond: number | null;
  /** The first span that contains the present minute counts. */
  hours: readonly BandwidthHours[];
  /** The studio's ceiling, regardless of the user's setting. `null`: none. */
  ceiling: number | null;
}

/** The limit in force and its origin. */
export interface LimitNow {
  bytesPerSecond: number;
  by: 'user' | 'hours' | 'studio';
  /** End of the hours in force. */
  until?: number;
}

/**
 * The limit at a minute of the day: the first hours that contain it, else the general limit, at most the studio's
 * ceiling and at least MIN_BYTES_PER_SECOND. `undefined`: none.
 */
export function limitAt({ bytesPerSecond, hours, ceiling }: BandwidthRules, minute: number): LimitNow | undefined {
  const span = hours.find(({ from, to }) => isWithin(minute, from, to));
  const own = span ? span.bytesPerSecond : bytesPerSecond;
  if (ceiling !== null && (own === null || own > ceiling)) {
    return { bytesPerSecond: Math.max(MIN_BYTES_PER_SECOND, ceiling), by: 'studio' };
  }
  if (own === null) return undefined;
  const limit = Math.max(MIN_BYTES_PER_SECOND, own);
  return span ? { bytesPerSecond: limit, by: 'hours', until: span.to } : { bytesPerSecond: limit, by: 'user' };
}

function isWithin(minute: number, from: number, to: number): boolean {
  // Midnight is the beginning of a day and the end of one.
  if ((from - to) % MINUTES_A_DAY === 0) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Minutes since midnight, local time. */
export function minuteOfDay(time: Date): number {
  return time.getHours() * 60 + time.getMinutes();
}

import { KIB } from './units.ts';

/** Bytes a second. A slower line than this would run into the storage's own time-outs between two bytes. */
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
  /** The first span that holds the present minute counts. */
  hours: readonly BandwidthHours[];
  /** The admin's: never exceeded, whatever the user sets. `null`: none. */
  ceiling: number | null;
}

/** The limit in force and whose it is. */
export interface LimitNow {
  bytesPerSecond: number;
  by: 'user' | 'hours' | 'studio';
  /** Of the hours that it holds for. */
  until?: number;
}

/**
 * What holds at a minute of the day: the first hours that contain it, else the general limit, and never more than the studio's
 * ceiling nor less than LEAST_RATE. `undefined`: there is none.
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

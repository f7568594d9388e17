import { LEAST_RATE } from '../../shared/bandwidth.ts';
import type { BandwidthSettings } from '../../shared/settings.ts';

export const RATE_UNITS = ['MB/s', 'Mbit/s'] as const;
/** Megabytes or megabits, both decimal, per second: what file managers say, and what lines are sold by. */
export type RateUnit = (typeof RATE_UNITS)[number];

const BYTES: Record<RateUnit, number> = { 'MB/s': 1_000_000, 'Mbit/s': 125_000 };
const MINUTES_AN_HOUR = 60;
const MINUTES_A_DAY = 24 * MINUTES_AN_HOUR;

/** Bytes per second; undefined for what is no rate or too slow for a storage to put up with. */
export function rateOf(typed: string, unit: RateUnit): number | undefined {
  const text = typed.trim().replace(',', '.');
  if (!/^\d{1,7}(\.\d{0,3})?$/.test(text)) return undefined;
  const rate = Math.round(Number(text) * BYTES[unit]);
  return rate >= LEAST_RATE ? rate : undefined;
}

/** As people type it: `20`, `12.5`. */
export function rateText(bytesPerSecond: number, unit: RateUnit): string {
  return String(Math.round((bytesPerSecond / BYTES[unit]) * 1000) / 1000);
}

/** `08:30`, as a time field has it; the end of the day is midnight. */
export function clockOf(minute: number): string {
  const within = minute % MINUTES_A_DAY;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(within / MINUTES_AN_HOUR))}:${two(within % MINUTES_AN_HOUR)}`;
}

/** Minutes since midnight; undefined for what is no time. */
export function minuteOf(clock: string): number | undefined {
  const match = /^(\d{2}):(\d{2})$/.exec(clock);
  if (!match) return undefined;
  const minute = Number(match[1]) * MINUTES_AN_HOUR + Number(match[2]);
  return minute < MINUTES_A_DAY ? minute : undefined;
}

/** The limit in force and whose it is; `undefined`: there is none. */
export interface LimitNow {
  bytesPerSecond: number;
  by: 'user' | 'hours' | 'studio';
  /** Of the hours that it holds for. */
  until?: number;
}

/**
 * What holds at a minute of the day: the first hours that contain it, else the general limit, and never more than the
 * studio's ceiling. From and to being the same means the whole day.
 */
export function limitAt(
  bandwidth: BandwidthSettings,
  ceiling: number | undefined,
  minute: number,
): LimitNow | undefined {
  const hours = bandwidth.hours.find(({ from, to }) => isWithin(minute, from, to));
  const own = hours ? hours.bytesPerSecond : bandwidth.bytesPerSecond;
  if (ceiling !== undefined && (own === null || own > ceiling)) return { bytesPerSecond: ceiling, by: 'studio' };
  if (own === null) return undefined;
  return { bytesPerSecond: own, ...(hours ? { by: 'hours' as const, until: hours.to } : { by: 'user' as const }) };
}

function isWithin(minute: number, from: number, to: number): boolean {
  if (from === to) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Minutes since midnight, local time. */
export function minuteNow(now: Date): number {
  return now.getHours() * MINUTES_AN_HOUR + now.getMinutes();
}

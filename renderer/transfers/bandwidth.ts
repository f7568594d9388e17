import { MIN_BYTES_PER_SECOND } from '../../shared/bandwidth.ts';

export const RATE_UNITS = ['MB/s', 'Mbit/s'] as const;
/** Megabytes or megabits, both decimal, per second: what file managers show, and what connections are sold by. */
export type RateUnit = (typeof RATE_UNITS)[number];

const BYTES_PER_UNIT: Record<RateUnit, number> = { 'MB/s': 1_000_000, 'Mbit/s': 125_000 };
const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR;

/** Bytes per second; undefined for what is no rate or too slow for a storage to put up with. */
export function rateOf(typed: string, unit: RateUnit): number | undefined {
  const text = typed.trim().replace(',', '.');
  if (!/^\d{1,7}(\.\d{0,3})?$/.test(text)) return undefined;
  const rate = Math.round(Number(text) * BYTES_PER_UNIT[unit]);
  return rate >= MIN_BYTES_PER_SECOND ? rate : undefined;
}

/** As people type it: `20`, `12.5`. */
export function rateText(bytesPerSecond: number, unit: RateUnit): string {
  return String(Math.round((bytesPerSecond / BYTES_PER_UNIT[unit]) * 1000) / 1000);
}

/** `08:30`, as a time field has it; the end of the day is midnight. */
export function clockOf(minute: number): string {
  const within = minute % MINUTES_PER_DAY;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(within / MINUTES_PER_HOUR))}:${two(within % MINUTES_PER_HOUR)}`;
}

/** Minutes since midnight; undefined for what is no time. */
export function minuteOf(clock: string): number | undefined {
  const match = /^(\d{2}):(\d{2})$/.exec(clock);
  if (!match) return undefined;
  const minute = Number(match[1]) * MINUTES_PER_HOUR + Number(match[2]);
  return minute < MINUTES_PER_DAY ? minute : undefined;
}

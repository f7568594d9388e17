import { isToCome } from '../../shared/routing.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/units.ts';

const LOCALE = 'en';
const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

const counts = new Intl.NumberFormat(LOCALE);
// Making a format costs far more than using it, and a card is drawn hundreds of times while scrolling.
const sizes = UNITS.map((unit) => new Intl.NumberFormat(LOCALE, { style: 'unit', unit, maximumSignificantDigits: 3 }));
const percents = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 0 });
const ages = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto', style: 'short' });
const dates = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' });
const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'full', timeStyle: 'medium' });

/** `100,000`. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** Bytes in decimal units with three significant digits, as file managers show them: `43.2 MB`. */
export function formatBytes(bytes: number): string {
  const size = Math.max(0, bytes);
  // Intl says `999 byte` for the smallest unit, and has no symbol for it.
  if (size < 1000) return `${counts.format(Math.round(size))} B`;
  let power = Math.min(UNITS.length, Math.floor(Math.log10(size) / 3));
  // 999,999 B rounds to 1,000 kB: say 1 MB.
  if (power < UNITS.length && Number((size / 1000 ** power).toPrecision(3)) >= 1000) power += 1;
  return (sizes[power - 1] ?? counts).format(size / 1000 ** power);
}

/** Seconds left, coarse as they grow: `14 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 10) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  if (minutes < 60) return `${Math.round(whole / 60)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${counts.format(Math.round(hours / 24))} days`;
}

/** Age of a moment, both in milliseconds since the epoch; a date once a month has passed. */
export function formatAge(then: number, now: number, justNow: string): string {
  if (isToCome(then, now)) return dates.format(then);
  const ago = now - then;
  if (ago < 10 * SECOND_MS) return justNow;
  if (ago < MINUTE_MS) return ages.format(-Math.floor(ago / SECOND_MS), 'second');
  if (ago < HOUR_MS) return ages.format(-Math.floor(ago / MINUTE_MS), 'minute');
  if (ago < DAY_MS) return ages.format(-Math.floor(ago / HOUR_MS), 'hour');
  if (ago < 30 * DAY_MS) return ages.format(-Math.floor(ago / DAY_MS), 'day');
  return dates.format(then);
}

/** The whole moment, for a tooltip. */
export function formatMoment(then: number): string {
  return moments.format(then);
}

/** A playing position: `1:04`, `1:02:09`; whole seconds, rounded down. */
export function formatPosition(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A position to the millisecond: `12.125 s`. */
export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(3)} s`;
}

/** `0.8` → `80%`. */
export function formatPercent(share: number): string {
  return percents.format(share);
}

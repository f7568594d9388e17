// Timecode of SMPTE ST 12-1, for a whole number of frames a second, with or without drop-frame. All of it is integer arithmetic.

/** How frames are counted into timecodes. */
export interface TimecodeBase {
  /** Frames that a second of timecode counts: 24 also for 23.976 frames a second. */
  framesPerSecond: number;
  /**
   * Drop-frame: numbers are left out so that timecode follows the clock, for rates of 30 and 60 times 1000/1001. No frame is
   * left out, only its number: two a minute at 30, four at 60, none in every tenth minute.
   */
  drop: boolean;
}

const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_TEN = 10;
const MINUTES_PER_DAY = 24 * 60;

/** Whether a rate has drop-frame timecode at all. */
export function mayDrop(framesPerSecond: number): boolean {
  return framesPerSecond > 0 && framesPerSecond % 30 === 0;
}

/** Numbers that a minute leaves out. */
function droppedPerMinute({ framesPerSecond, drop }: TimecodeBase): number {
  return drop && mayDrop(framesPerSecond) ? framesPerSecond / 15 : 0;
}

/** Frames that a whole day of timecode counts. */
export function framesPerDay(base: TimecodeBase): number {
  const perMinute = base.framesPerSecond * SECONDS_PER_MINUTE;
  const minutesThatDrop = MINUTES_PER_DAY - MINUTES_PER_DAY / MINUTES_PER_TEN;
  return perMinute * MINUTES_PER_DAY - droppedPerMinute(base) * minutesThatDrop;
}

/**
 * The timecode of a frame that is counted from midnight: `01:00:59:23`, with drop-frame `01:00:59;29`. It begins anew after a
 * day; frames before midnight belong to the day before.
 */
export function timecodeOf(frame: number, base: TimecodeBase): string {
  const { framesPerSecond } = base;
  const dropped = droppedPerMinute(base);
  const day = framesPerDay(base);
  const inDay = ((frame % day) + day) % day;
  const perMinute = framesPerSecond * SECONDS_PER_MINUTE - dropped;
  const perTen = perMinute * MINUTES_PER_TEN + dropped;
  const inTen = inDay % perTen;
  // The first minute of ten leaves nothing out.
  const minutesThatDropped = Math.max(0, Math.floor((inTen - dropped) / perMinute));
  const label = inDay + dropped * (Math.floor(inDay / perTen) * (MINUTES_PER_TEN - 1) + minutesThatDropped);
  const seconds = Math.floor(label / framesPerSecond);
  const minutes = Math.floor(seconds / SECONDS_PER_MINUTE);
  const digits = Math.max(2, String(framesPerSecond - 1).length);
  const fields = [Math.floor(minutes / 60), minutes % 60, seconds % SECONDS_PER_MINUTE].map((field) =>
    twoDigits(field),
  );
  return `${fields.join(':')}${dropped > 0 ? ';' : ':'}${String(label % framesPerSecond).padStart(digits, '0')}`;
}

/**
 * The frame of a timecode, counted from midnight; undefined for what is none, and for a number that drop-frame leaves out.
 * Separators may be `:`, `;` or `.`, and fields may be absent from the left: `12:03` is second 12, frame 3.
 */
export function frameOfTimecode(text: string, base: TimecodeBase): number | undefined {
  const { framesPerSecond } = base;
  if (!/^\d{1,3}([:;.]\d{1,3}){1,3}$/.test(text.trim())) return undefined;
  const fields = text.trim().split(/[:;.]/).map(Number);
  const [frames = 0, seconds = 0, minutes = 0, hours = 0] = fields.reverse();
  if (frames >= framesPerSecond || seconds >= SECONDS_PER_MINUTE || minutes >= 60 || hours >= 24) return undefined;
  const dropped = droppedPerMinute(base);
  if (frames < dropped && seconds === 0 && minutes % MINUTES_PER_TEN !== 0) return undefined;
  const allMinutes = hours * 60 + minutes;
  const label = (allMinutes * SECONDS_PER_MINUTE + seconds) * framesPerSecond + frames;
  return label - dropped * (allMinutes - Math.floor(allMinutes / MINUTES_PER_TEN));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** J and L double the speed in their direction up to 8 times; the opposite key first comes back to normal speed. */
export function shuttle(speed: number, direction: 1 | -1): number {
  if (speed === 0 || Math.sign(speed) !== direction) return direction;
  return direction * Math.min(8, Math.abs(speed) * 2);
}

/** Speeds to choose from. */
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8] as const;

/** The next speed of the list, in the same direction; the last one stays. */
export function nextSpeed(speed: number, change: 1 | -1): number {
  const now = Math.abs(speed);
  const next = change > 0 ? SPEEDS.find((one) => one > now) : SPEEDS.findLast((one) => one < now);
  return (next ?? now) * (speed < 0 ? -1 : 1);
}

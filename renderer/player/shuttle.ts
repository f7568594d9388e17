/** J and L double the speed in their direction up to 8 times; the opposite key first comes back to normal speed. */
export function shuttle(speed: number, direction: 1 | -1): number {
  if (speed === 0 || Math.sign(speed) !== direction) return direction;
  return direction * Math.min(8, Math.abs(speed) * 2);
}

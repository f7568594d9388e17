import { cpus, loadavg, release, totalmem } from 'node:os';

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

/** What figures are worth nothing without: machine, system, date. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`;
  return `${new Date().toISOString()}, ${cpus().length} × ${cpu?.model ?? 'CPU'}, ${memory}, ${process.platform} ${release()}`;
}

/** Over the last minute: what else the machine does shows here, as does the benchmark itself. */
export function describeLoad(): string {
  return `load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
}

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

/** A line of `--json`. */
export interface Figure {
  figure: string;
  /** null: could not be measured. */
  value: number | null;
  unit: string;
  /** At most so much, or at least where more is better; null: has no target. */
  target: number | null;
  /** null: has no target. */
  ok: boolean | null;
}

/** A figure without a target. */
export function measured(figure: string, value: number | undefined, unit: string): Figure {
  return { figure, value: value ?? null, unit, target: null, ok: null };
}

/** What could not be measured does not meet its target. */
export function atMost(target: number, figure: string, value: number | undefined, unit: string): Figure {
  return { figure, value: value ?? null, unit, target, ok: value !== undefined && value <= target };
}

/** What could not be measured does not meet its target. */
export function atLeast(target: number, figure: string, value: number | undefined, unit: string): Figure {
  return { figure, value: value ?? null, unit, target, ok: value !== undefined && value >= target };
}

/** One object a line, and the exit code: 0 only where every target is met. Values are cut to three decimals. */
export function printFigures(figures: readonly Figure[], isJson: boolean): void {
  for (const figure of figures) {
    const value = figure.value === null ? null : Number(figure.value.toFixed(3));
    process.stdout.write(isJson ? `${JSON.stringify({ ...figure, value })}\n` : `  ${describe(figure)}\n`);
  }
  if (figures.some(({ ok }) => ok === false)) process.exitCode = 1;
}

function describe({ figure, value, unit, target, ok }: Figure): string {
  const text = `${figure}: ${value === null ? 'not measured' : Number(value.toFixed(2))} ${unit}`;
  if (ok === null) return text;
  return `${text} (${ok ? 'target met' : 'TARGET MISSED'}: ${target})`;
}

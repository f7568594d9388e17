import { MIB } from '../../shared/units.ts';
import type { Cost } from './cost.ts';
import { type Figure, median } from './figures.ts';
import { type ClientName, OURS } from './transferClients.ts';

/** One run of a client that transferred all of its load. */
export interface Run extends Cost {
  /** Requests at the server; absent where it does not count them. */
  requests?: number;
  /** Connections over the line; absent without one. */
  opened?: number;
  dropped?: number;
}

/** One client in one cell of the matrix. */
export interface Result {
  client: ClientName;
  runs: readonly Run[];
  /** Why there is none, or no more; a client that failed once has no time. */
  failure?: string;
}

export interface Cell {
  /** As in "far https get small". */
  name: string;
  isLarge: boolean;
  results: readonly Result[];
}

/** Of our time, to the fastest other's. */
const TIME_RATIO = 1;
const PEAK_MIB = 150;

type Measure = (run: Run) => number | undefined;

const MEASURES: Record<string, { unit: string; of: Measure }> = {
  time: { unit: 's', of: ({ seconds }) => seconds },
  'processor time': { unit: 's', of: ({ cpuSeconds }) => cpuSeconds },
  'peak memory': { unit: 'MiB', of: ({ peakMemory }) => peakMemory / MIB },
  requests: { unit: 'requests', of: ({ requests }) => requests },
  connections: { unit: 'connections', of: ({ opened }) => opened },
  drops: { unit: 'drops', of: ({ dropped }) => dropped },
};

/** The median over a client's runs; undefined where it failed or where there is nothing of the kind. */
export function middleOf(result: Result | undefined, measure: Measure): number | undefined {
  if (!result || result.failure !== undefined) return undefined;
  const numbers = result.runs.map(measure).filter((number) => number !== undefined);
  return numbers.length === 0 ? undefined : median(numbers);
}

export const secondsOf = (result: Result | undefined) => middleOf(result, ({ seconds }) => seconds);

/** The fastest of the others, by the median. */
export function fastestOther(results: readonly Result[]): Result | undefined {
  return results
    .filter((result) => result.client !== OURS && secondsOf(result) !== undefined)
    .sort((a, b) => (secondsOf(a) ?? 0) - (secondsOf(b) ?? 0))[0];
}

/** What was measured in a cell, without targets. */
export function measuredIn({ name, results }: Cell): Figure[] {
  return results.flatMap((result) =>
    Object.entries(MEASURES).flatMap(([what, { unit, of }]) => {
      const value = middleOf(result, of);
      const isMissing = value === undefined && what !== 'time';
      return isMissing
        ? []
        : [{ figure: `${name}: ${result.client}: ${what}`, value: value ?? null, unit, target: null, ok: null }];
    }),
  );
}

/** The targets of a cell. What could not be measured does not meet its own, nor does a time without another one. */
export function targetsIn({ name, isLarge, results }: Cell): Figure[] {
  const resultOf = (client: ClientName) => results.find((result) => result.client === client);
  const own = resultOf(OURS);
  // Without us, others are compared with each other.
  if (own === undefined) return [];
  const [seconds, best] = [secondsOf(own), fastestOther(results)];
  const bestSeconds = secondsOf(best);
  const ratio = seconds === undefined || bestSeconds === undefined ? undefined : seconds / bestSeconds;
  const cpu = middleOf(own, ({ cpuSeconds }) => cpuSeconds);
  const cpuTargets: ClientName[] = isLarge ? ['aws-cli'] : ['aws-cli', 'rclone'];
  const figureOf = (figure: string, value: number | undefined, unit: string, target: number): Figure => ({
    figure: `${name}: ${figure}`,
    ...{ value: value ?? null, unit, target },
    ok: value !== undefined && value <= target,
  });
  return [
    figureOf(`time to that of the fastest other${best ? ` (${best.client})` : ''}`, ratio, 'ratio', TIME_RATIO),
    figureOf(
      'peak memory',
      middleOf(own, ({ peakMemory }) => peakMemory / MIB),
      'MiB',
      PEAK_MIB,
    ),
    ...cpuTargets.flatMap((client) => {
      // A client that was not asked for, or failed, cannot be compared with.
      const other = middleOf(resultOf(client), ({ cpuSeconds }) => cpuSeconds);
      return other === undefined ? [] : [figureOf(`processor time, at most that of ${client}`, cpu, 's', other)];
    }),
  ];
}
